import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' }).split('\n').filter((path) => path !== '');
/** A corpus of paths that must be refused, some of which look like a machine's own. */
const hostilePaths = 'test/config/workspace-path.test.ts';
const sources = files.filter((path) => /^(protocol|figures|server|extension|webview)\/.*\.ts$/.test(path));

describe('names', () => {
  it('no file or folder is called manager, helper, util, common, service or base', () => {
    expect(sources.filter((path) => /(^|[/-])(managers?|helpers?|utils?|common|services?|base|misc|shared)([./-]|$)/.test(path))).toEqual([]);
  });

  it('a file with one export is named after it', () => {
    const rooms = sources.filter((path) => /^server\/[^/]+\/.*\.ts$/.test(path) && !/(onnx-host)\.ts$/.test(path));
    const strangers = rooms.filter((path) => {
      const words = basename(path, '.ts').replaceAll('-', '');
      const names = [...readFileSync(path, 'utf8').matchAll(/^export (?:async )?(?:declare )?(?:abstract )?(?:function\*?|const|class|interface|type) (\w+)/gm)].map(([, name]) => name.toLowerCase());
      return names.length === 1 && !names.some((name) => name.includes(words) || words.includes(name) || sharedStem(name, words));
    });
    expect(strangers).toEqual([]);
  });

  it('there are no default exports and no barrel files', () => {
    expect(sources.filter((path) => /^export default/m.test(readFileSync(path, 'utf8')))).toEqual([]);
    expect(sources.filter((path) => basename(path) === 'index.ts')).toEqual([]);
  });

  it('nothing in the repository names a machine path or a package-registry host', () => {
    const texts = files.filter((path) => /\.(ts|js|cjs|json|md|yaml|yml|py|ipynb|txt|html|toml)$|^\.[a-z]+/.test(path) && path !== 'test/architecture/names.test.ts' && path !== hostilePaths);
    const hosts = ['registry.' + 'npmjs.org', 'files.' + 'pythonhosted.org', 'pypi' + '.org', 'deb.' + 'debian.org', 'repo.' + 'maven'];
    const offenders = texts.filter((path) => {
      const text = readFileSync(path, 'utf8');
      return hosts.some((host) => text.includes(host)) || /(^|[\s"'(])\/(work|root|home)\/[a-z]/m.test(text);
    });
    expect(offenders).toEqual([]);
  });
});

/** `metric-value.ts` may export `MetricResult`: one word of the name is enough. */
function sharedStem(name: string, words: string): boolean {
  for (let length = Math.min(name.length, words.length); length >= 4; length--) {
    for (let start = 0; start + length <= words.length; start++) {
      if (name.includes(words.slice(start, start + length))) return true;
    }
  }
  return false;
}
