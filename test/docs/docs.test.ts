import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from '../../server/config/json-schema.ts';

const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { encoding: 'utf8' }).split('\n').filter((path) => path !== '' && existsSync(path));
const textOf = (path: string) => readFileSync(path, 'utf8');

describe('the docs', () => {
  it('link to files that are there', () => {
    const broken = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!https?:|#|mailto:)([^)\s]+)\)/g)].map(([, link]) => join(dirname(page), link.split('#')[0])).filter((target) => !existsSync(target)).map((target) => `${page} → ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('name no source file that is gone', () => {
    const gone = pages.filter((page) => !page.startsWith('samples/')).flatMap((page) => [...textOf(page).matchAll(/`((?:server|protocol|figures|test|docs|samples|bin)\/[\w./-]+\.(?:ts|py|js|md|json|yaml))`/g)].map(([, path]) => path).filter((path) => !existsSync(path)).map((path) => `${page}: ${path}`));
    expect(gone).toEqual([]);
  });

  it('explain every rule a model file can break', () => {
    const rules = [...(/export type AdmissionRule =([^;]+);/.exec(textOf('protocol/registry.ts'))?.[1] ?? '').matchAll(/'([\w-]+)'/g)].map(([, rule]) => rule);
    expect(rules.length).toBeGreaterThan(15);
    const page = textOf('docs/security.md');
    expect(rules.filter((rule) => !page.includes(`| \`${rule}\` |`))).toEqual([]);
  });

  it('explain every form of gate', () => {
    const forms = (configJsonSchema().definitions?.gate?.anyOf ?? []).map(({ required }) => required?.[0] ?? '');
    expect(forms.length).toBeGreaterThan(10);
    const page = textOf('docs/gates.md');
    expect(forms.filter((form) => !page.includes(`\`${form}\``))).toEqual([]);
  });

  it('show the npm scripts that there are', () => {
    const scripts = Object.keys((JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }).scripts);
    const named = ['README.md', 'CONTRIBUTING.md'].flatMap((page) => [...textOf(page).matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script));
    expect(named.filter((script) => !scripts.includes(script))).toEqual([]);
  });
});
