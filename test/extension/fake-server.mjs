// A child that says what its folder's plan file tells it to say.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const workspace = process.argv[2];
const plan = JSON.parse(readFileSync(join(workspace, 'plan.json'), 'utf8'));
process.stdout.write(`environment ${Object.keys(process.env).filter((name) => /^(VSCODE_|ELECTRON_|NODE_OPTIONS)/.test(name)).join(',')}\n`);
process.stdout.write(`folder ${process.cwd()}\n`);
if (plan.failed) process.send({ kind: 'failed', problem: plan.failed });
if (plan.ready) process.send({ kind: 'ready', socket: '/tmp/none.sock', token: 't'.repeat(43), pid: process.pid, owner: 'this' });
if (plan.exit !== undefined) setTimeout(() => process.exit(plan.exit), 5);
process.on('disconnect', () => process.exit(0));
setInterval(() => {}, 1_000);
