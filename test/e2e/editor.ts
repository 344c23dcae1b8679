import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContext } from 'playwright-core';
import { inject } from 'vitest';
import { openPrefixProxy } from './prefix-proxy.ts';
import type { Theme } from './themes.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

export interface EditorOptions {
  /** Folders open in Restricted Mode, as they do for a user who has not been asked yet. */
  restricted?: boolean;
  /** Served under a path of another server, such as `/team/editor`. */
  prefix?: string;
  /** What else stands in the user's settings. */
  settings?: Record<string, unknown>;
}

/** A real VS Code with the extension installed, and a browser to look at it. */
export interface Editor {
  /** Opens a folder, a `.code-workspace` file, or nothing at all (`''`) in a window of its own, as a user who has never opened it; the scripts run first in each of its frames. */
  open(workspace: string, scripts?: string[]): Promise<Workbench>;
  /** Of a window; the payload is what the smoke-test driver passes on to the window. */
  address(workspace: string, payload?: [string, string][]): string;
  newContext(): Promise<BrowserContext>;
  /** Process id of the leash: the editor's processes descend from it. */
  pid: number;
  /** Home folder of its user, for this editor alone. */
  home: string;
  close(): Promise<void>;
}

/** Nothing that asks, fetches or moves by itself. */
const quiet = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'workbench.startupEditor': 'none',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
  'editor.minimap.enabled': false,
  'editor.cursorBlinking': 'solid',
  'workbench.reduceMotion': 'on',
  // It would offer every port that any process of this machine opens.
  'remote.autoForwardPorts': false,
  'window.confirmBeforeClose': 'never',
};

export async function startEditor({ restricted = false, prefix = '', settings = {} }: EditorOptions = {}): Promise<Editor> {
  const { node, codeServer, chromium: executablePath, extensions, scratch } = inject('bench');
  const home = await mkdtemp(join(scratch, 'editor-'));
  await mkdir(join(home, 'data', 'User'), { recursive: true });
  await writeFile(join(home, 'data', 'User', 'settings.json'), JSON.stringify({ ...quiet, 'workbench.colorTheme': 'Dark Modern' satisfies Theme, ...settings }));
  await writeFile(join(home, 'config.yaml'), '');

  const leash = spawn(
    node,
    [
      fileURLToPath(new URL('leash.ts', import.meta.url)),
      ...[node, join(codeServer, 'out', 'node', 'entry.js'), '--config', join(home, 'config.yaml'), '--bind-addr', '127.0.0.1:0', '--auth', 'none', '--disable-telemetry', '--disable-update-check'],
      ...['--user-data-dir', join(home, 'data'), '--extensions-dir', extensions, '--vscode-option', 'enable-smoke-test-driver', '--vscode-option', 'skip-welcome'],
      ...(restricted ? [] : ['--disable-workspace-trust']),
    ],
    // In a group of its own: whoever ends the tests' whole group leaves it alive to end the editor's.
    { detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...environmentOfAUser(), HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_DATA_HOME: join(home, 'share') } },
  );
  const log: string[] = [];
  const origin = await new Promise<string>((resolve, reject) => {
    for (const stream of [leash.stdout, leash.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        log.push(text);
        const [, found] = /HTTP server listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(text) ?? [];
        if (found !== undefined) resolve(found);
      });
    leash.once('error', reject);
    leash.once('exit', (code) => reject(new Error(`code-server ended with code ${code}:\n${log.join('')}`)));
  });
  const proxy = prefix === '' ? null : await openPrefixProxy(origin, prefix);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--force-device-scale-factor=1'] });

  const newContext = (): Promise<BrowserContext> => browser.newContext({ viewport: { width: 1440, height: 960 } });
  const address = (workspace: string, payload: [string, string][] = []): string => {
    const [key, value] = workspace === '' ? ['ew', 'true'] : [workspace.endsWith('.code-workspace') ? 'workspace' : 'folder', workspace];
    const query = new URLSearchParams({ [key]: value, ...(payload.length === 0 ? {} : { payload: JSON.stringify(payload) }) });
    return `${proxy?.origin ?? origin}${prefix}/?${query.toString()}`;
  };
  return {
    address,
    newContext,
    pid: leash.pid ?? 0,
    home,
    async open(workspace, scripts = []) {
      const context = await newContext();
      for (const script of scripts) await context.addInitScript(script);
      return openWorkbench(context, address(workspace));
    },
    async close() {
      await browser.close();
      await proxy?.close();
      const ended = new Promise((resolve) => leash.once('exit', resolve));
      leash.disconnect();
      await ended;
    },
  };
}

/** A user's shell has none of what a test runner tells its children. */
function environmentOfAUser(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_ENV|NODE_OPTIONS|TEST$|CI$|VSCODE_|PORT$|PASSWORD$)/i.test(name)));
}

const samples = fileURLToPath(new URL('../../samples', import.meta.url));

/** A sample as somebody has it who has just downloaded it: nothing judged yet. */
export async function copySample(name: string, leaveOut: string[] = []): Promise<string> {
  const folder = await realpath(await mkdtemp(join(inject('bench').scratch, `${name}-`)));
  await cp(join(samples, name), folder, { recursive: true, filter: (path) => !['.slipway', ...leaveOut].includes(path.slice(join(samples, name).length + 1)) });
  return folder;
}

let judged: Promise<string> | null = null;

/** The flight-delay sample with all its versions judged, each time a copy: nothing in it is shared. */
export async function copyJudgedSample(): Promise<string> {
  judged ??= judgeSample();
  const folder = await realpath(await mkdtemp(join(inject('bench').scratch, 'judged-')));
  await cp(await judged, folder, { recursive: true });
  return folder;
}

async function judgeSample(): Promise<string> {
  const folder = await copySample('flight-delay');
  // Two of its versions are blocked, as they should be.
  await runSlipway(folder, ['run'], 1);
  return folder;
}

/** Runs the command line of the package under test, and gives what it printed. */
export async function runSlipway(folder: string, args: string[], expected = 0): Promise<string> {
  const { node, extension } = inject('bench');
  const command = spawn(node, [join(extension, 'dist', 'cli.js'), ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let said = '';
  command.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  command.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise((resolve) => command.once('close', resolve));
  if (code !== expected) throw new Error(`slipway ${args.join(' ')} ended with ${String(code)}: ${said}`);
  return printed;
}

/** A folder with these files. */
export async function makeFolder(files: Record<string, string>): Promise<string> {
  const folder = await realpath(await mkdtemp(join(inject('bench').scratch, 'folder-')));
  for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text);
  return folder;
}

export interface Process {
  pid: number;
  command: string;
}

/** Every process that descends from this one (Linux). */
export async function descendantsOf(pid: number): Promise<Process[]> {
  const all = await processes();
  const found: (Process & { parent: number })[] = [];
  const parents = new Set([pid]);
  for (let before = -1; before !== found.length; ) {
    before = found.length;
    for (const each of all) {
      if (!parents.has(each.parent) || parents.has(each.pid)) continue;
      parents.add(each.pid);
      found.push(each);
    }
  }
  return found;
}

async function processes(): Promise<(Process & { parent: number })[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = async (pid: string): Promise<(Process & { parent: number })[]> => {
    try {
      const [stat, command] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/cmdline`, 'utf8')]);
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return state === 'Z' ? [] : [{ pid: Number(pid), parent: Number(parent), command: command.replaceAll('\0', ' ').trim() }];
    } catch {
      return []; // it ended while it was being read
    }
  };
  return (await Promise.all(pids.map(read))).flat();
}
