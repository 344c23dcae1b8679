import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundlePath, collectMessages } from '../../l10n/collect.ts';

interface Manifest {
  main: string;
  icon?: string;
  activationEvents: string[];
  enabledApiProposals?: string[];
  capabilities: { untrustedWorkspaces: { supported: string }; virtualWorkspaces: { supported: boolean } };
  contributes: {
    commands: { command: string; title: string; category?: string; enablement?: string; icon?: string }[];
    menus: Record<string, { command: string; when?: string }[]>;
    views: Record<string, { id: string; icon?: string; name: string }[]>;
    viewsWelcome: { view: string; contents: string; when: string }[];
    configuration: { properties: Record<string, { default?: unknown; scope?: string; order?: number; markdownDescription?: string }> };
    walkthroughs: { steps: { completionEvents: string[]; media: { svg: string }; description: string }[] }[];
  };
}

const text = (path: string): string => readFileSync(path, 'utf8');
const manifestText = text('package.json');
const manifest = JSON.parse(manifestText) as Manifest;
const words = JSON.parse(text('package.nls.json')) as Record<string, string>;
const { commands, menus, views, viewsWelcome, configuration, walkthroughs } = manifest.contributes;
const declared = commands.map(({ command }) => command);
const sources = readdirSync('extension', { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts')).map((path) => text(join('extension', path)));
const code = sources.join('\n');

describe('commands', () => {
  it('that are declared are registered, and the other way round', () => {
    const registered = [...text('extension/commands/register-commands.ts').matchAll(/^ {2}'(slipway\.\w+)': \w+,$/gm), ...code.matchAll(/registerCommand\(\s*'(slipway\.\w+)'/g)].map(([, command]) => command);
    expect([...registered].sort()).toEqual([...declared].sort());
  });

  it('are documented', () => {
    const page = text('docs/editor.md');
    expect(declared.filter((command) => !page.includes(`| \`${command}\` |`))).toEqual([]);
  });

  it('stand under one category, and the palette has at most thirty of them', () => {
    expect(commands.filter(({ category }) => category !== 'Slipway')).toEqual([]);
    const hidden = menus.commandPalette.filter(({ when }) => when === 'false').map(({ command }) => command);
    expect(declared.filter((command) => !hidden.includes(command)).length).toBeLessThanOrEqual(30);
  });

  it('can be called where they can do something: only those that always can have no condition', () => {
    expect(commands.filter(({ enablement }) => enablement === undefined).map(({ command }) => command).sort()).toEqual(['slipway.copyDiagnostics', 'slipway.openModelFile', 'slipway.openSample', 'slipway.refresh', 'slipway.showLog']);
  });

  it('that start something need a trusted folder', () => {
    const starting = ['setUpWorkspace', 'runGates', 'checkModel', 'checkData', 'compareVersions', 'openReadiness', 'openInBrowser', 'setChampion', 'stateCriterion', 'restartServer'];
    expect(starting.filter((name) => commands.find(({ command }) => command === `slipway.${name}`)?.enablement?.includes('isWorkspaceTrusted') !== true)).toEqual([]);
  });

  it('of menus, welcomes, walkthrough and code are there', () => {
    const inMenus = Object.values(menus).flat().map(({ command }) => command);
    const inWords = Object.values(words).flatMap((word) => [...word.matchAll(/\(command:(slipway\.\w+)\)/g)].map(([, command]) => command));
    const inCode = [...code.matchAll(/'(slipway\.[a-z]+[A-Z]\w+)'/g)].map(([, command]) => command).filter((command) => !/^slipway\.(hasConfig|hasRuns|modelFile|statedBy)$/.test(command));
    const events = walkthroughs.flatMap(({ steps }) => steps.flatMap(({ completionEvents }) => completionEvents)).flatMap((event) => /^onCommand:(.+)$/.exec(event)?.[1] ?? []);
    expect([...new Set([...inMenus, ...inWords, ...inCode, ...events])].filter((command) => !declared.includes(command) && !Object.keys(configuration.properties).includes(command))).toEqual([]);
  });
});

describe('settings', () => {
  const keys = Object.keys(configuration.properties);

  it('are few, and each has a default, a description, a scope and a place', () => {
    expect(keys.length).toBeLessThanOrEqual(20);
    for (const [key, setting] of Object.entries(configuration.properties)) expect({ key, ...setting }).toMatchObject({ default: expect.anything() as unknown, scope: expect.any(String) as unknown, order: expect.any(Number) as unknown, markdownDescription: expect.stringMatching(/^%.+%$/) as unknown });
    expect(new Set(Object.values(configuration.properties).map(({ order }) => order)).size).toBe(keys.length);
  });

  it('are used and documented', () => {
    const page = text('docs/editor.md');
    const unused = keys.filter((key) => !code.includes(`'${key.slice('slipway.'.length)}'`) && !code.includes(`'${key}'`));
    expect(unused).toEqual([]);
    expect(keys.filter((key) => !page.includes(`| \`${key}\` |`))).toEqual([]);
  });

  it('name no program', () => {
    expect(keys.filter((key) => /path|executable|command|node|program/i.test(key))).toEqual([]);
  });
});

describe('views', () => {
  it('have icons, and a welcome with exactly one button for every state that has nothing to show', () => {
    for (const container of Object.values(views)) for (const view of container) expect(view.icon).toBeDefined();
    const states = viewsWelcome.filter(({ view }) => view === 'slipway.models').map(({ when }) => /^slipway\.state == '([\w-]+)'$/.exec(when)?.[1]);
    const known = [...(/export type ViewState = ([^;]+);/.exec(text('extension/views/view-state.ts'))?.[1] ?? '').matchAll(/'([\w-]+)'/g)].map(([, state]) => state);
    expect(states.sort()).toEqual(known.filter((state) => state !== 'ready').sort());
    const buttons = viewsWelcome.filter(({ when }) => !when.includes('starting')).map(({ contents }) => [...words[contents.slice(1, -1)].matchAll(/\[[^\]]+\]\(command:[\w.]+\)/g)].length);
    expect(buttons.every((count) => count === 1)).toBe(true);
  });
});

describe('the walkthrough', () => {
  const [{ steps }] = walkthroughs;

  it('has five steps that complete themselves, each with a button and a picture in the colours of the theme', () => {
    expect(steps).toHaveLength(5);
    for (const { completionEvents, media, description } of steps) {
      expect(completionEvents.length).toBeGreaterThan(0);
      expect([...words[description.slice(1, -1)].matchAll(/\]\(command:/g)]).toHaveLength(1);
      const picture = text(media.svg);
      expect(picture).toContain('var(--vscode-');
      expect([...picture.matchAll(/(?:fill|stroke)="(#[0-9a-f]+)"/gi)]).toEqual([]);
    }
  });
});

it('nothing is activated by starting the editor, and no proposed API is used', () => {
  expect(manifest.activationEvents).not.toContain('*');
  expect(manifest.activationEvents).not.toContain('onStartupFinished');
  expect(manifest.activationEvents).toContain('workspaceContains:slipway.yaml');
  expect(manifest.enabledApiProposals).toBeUndefined();
});

it('folders that are not trusted and folders of another machine are declared', () => {
  expect(manifest.capabilities).toMatchObject({ untrustedWorkspaces: { supported: 'limited' }, virtualWorkspaces: { supported: false } });
});

it('every word of the manifest is there, and every word there is used', () => {
  const used = [...manifestText.matchAll(/"%([\w.-]+)%"/g)].map(([, key]) => key);
  expect([...new Set(used)].filter((key) => !(key in words))).toEqual([]);
  expect(Object.keys(words).filter((key) => !used.includes(key))).toEqual([]);
});

it('every icon and picture of the manifest is there', () => {
  const paths = [...manifestText.matchAll(/"((?:\.\/)?media\/[\w./-]+)"/g)].map(([, path]) => path);
  expect(paths.length).toBeGreaterThan(5);
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
});

it('every message of the extension is in the bundle for translators (tsx l10n/collect.ts)', async () => {
  expect(await collectMessages()).toBe(text(bundlePath));
});

it('what is shown to people goes through the translator', () => {
  const spoken = /\.(?:showInformationMessage|showWarningMessage|showErrorMessage|setStatusBarMessage)\(\s*['"`]/;
  expect(sources.filter((source) => spoken.test(source))).toEqual([]);
});
