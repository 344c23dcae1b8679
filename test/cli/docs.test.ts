import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlApp, type Pages } from '../../server/http.ts';
import type { Slipway as Workspace } from '../../server/main.ts';
import { buildSlipway, type Slipway } from './slipway.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const page = (name: string): string => readFileSync(join(checkout, 'docs', name), 'utf8');

describe('docs/cli.md', () => {
  let slipway: Slipway;
  let help: string;

  beforeAll(async () => {
    slipway = await buildSlipway();
    help = (await slipway.run(checkout, ['--help'])).stdout;
  });
  afterAll(() => slipway.remove());

  const sections = (): Map<string, string> => new Map(page('cli.md').split(/^## /m).slice(1).map((text) => [text.slice(0, text.indexOf('\n')), text]));
  /** Of a command, and of those below it. */
  const sectionsBelow = (section: string): Map<string, string> => new Map(section.split(/^### /m).slice(1).map((text) => [text.slice(0, text.indexOf('\n')), text]));
  const flagsIn = (text: string): string[] => [...text.matchAll(/^ {2}(?:-\w, )?(--[\w-]+(?: <[\w.]+>)?)/gm)].map(([, flag]) => flag).filter((flag) => flag !== '--help');

  it('has a section for every command and for none that is not', () => {
    const commands = [...help.slice(help.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)(?: \[options\])?((?: [[<]\w+[\]>])?) {2,}/gm)].map(([, name, argument]) => `\`slipway ${name}${argument}\``).filter((name) => !name.includes('slipway help'));
    expect(commands.length).toBeGreaterThan(6);
    expect([...sections().keys()].filter((title) => title.startsWith('`'))).toEqual(commands);
  });

  it('lists every option of every command and none that is not', async () => {
    for (const [title, section] of sections()) {
      const name = /^`slipway (\w+)/.exec(title)?.[1];
      if (name === undefined) continue;
      const below = sectionsBelow(section);
      const commands = below.size === 0 ? [[[name], section] as const] : [...below].map(([each, text]) => [[name, /^`slipway \w+ (\w+)/.exec(each)?.[1] ?? ''], text] as const);
      for (const [command, text] of commands) {
        const { stdout } = await slipway.run(checkout, [...command, '--help']);
        const listed = [...text.matchAll(/^\| `(--[^`]+)` \|/gm)].map(([, flag]) => flag);
        expect(listed, command.join(' ')).toEqual(flagsIn(stdout));
      }
    }
  }, 120_000);

  it('gives the exit codes that --help gives, in the same words', () => {
    const told = [...help.matchAll(/^ +(\d+) {2}(.+)$/gm)].map(([, code, meaning]) => `| ${code} | ${meaning} |`);
    expect(told.length).toBe(8);
    expect([...(sections().get('Exit codes') ?? '').matchAll(/^\| \d+ \|.*$/gm)].map(([row]) => row)).toEqual(told);
  });

  it('names the options before the command', () => {
    for (const flag of ['-w, --workspace <folder>']) expect([help.includes(flag), page('cli.md').includes(flag)]).toEqual([true, true]);
  });
});

describe('docs/protocol.md', () => {
  const rules = (): string[] => [...page('protocol.md').matchAll(/^- \*\*(P\d+)\*\*/gm)].map(([, rule]) => rule);

  it('numbers its rules from 1 without a gap', () => {
    expect(rules()).toEqual(rules().map((_, index) => `P${index + 1}`));
  });

  it('is held by tests: each title names a rule that there is, and every rule is named', () => {
    const tests = readdirSync(join(checkout, 'test'), { recursive: true, encoding: 'utf8' }).filter((path) => /^(server|cli)[\\/].*\.test\.ts$/.test(path)).map((path) => readFileSync(join(checkout, 'test', path), 'utf8'));
    const named = new Set(tests.flatMap((text) => [...text.matchAll(/['[(]((?:P\d+(?:, )?)+): /g)].flatMap(([, numbers]) => numbers.split(', '))));
    expect([...named].filter((rule) => !rules().includes(rule))).toEqual([]);
    expect(rules().filter((rule) => !named.has(rule))).toEqual([]);
  });

  it('lists every route and none that is not', () => {
    const stack = (controlApp({ slipway: {} as Workspace, token: '', pages: {} as Pages }) as unknown as { router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] } }).router.stack;
    const routes = stack.flatMap(({ route }) => (route === undefined ? [] : Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`)));
    expect([...page('protocol.md').matchAll(/^\| `([A-Z]+ \/v1[^`?]*)/gm)].map(([, route]) => route)).toEqual(routes);
  });
});
