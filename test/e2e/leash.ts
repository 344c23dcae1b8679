/** `leash.ts <program> <args…>`: runs it with all its children in a group that ends when whoever started the leash is gone, however it went. */
import { spawn } from 'node:child_process';

const graceMs = 3_000;
const [program, ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
child.once('exit', (code) => {
  end('SIGKILL');
  process.exit(code ?? 1);
});
for (const event of ['disconnect', 'SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(event, () => {
    end('SIGTERM');
    setTimeout(() => end('SIGKILL'), graceMs);
  });
}

function end(signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
