/** `npm run simulate` writes docs/simulation.md anew, in about six minutes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { driftRule } from './no-drift.ts';
import { shadowRule } from './shadow-verdicts.ts';

const text = `# How often the rules are wrong

Simulated and written by \`npm run simulate\`. Intervals are Wilson's, 95 %.

${await driftRule()}
${await shadowRule()}`;

writeFileSync(join(import.meta.dirname, '../../docs/simulation.md'), text);
