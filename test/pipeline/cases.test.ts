import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { judgeCopy, verdictsOf, type Judged } from './judge-workspace.ts';
import { modelBytes } from './models.ts';

/** A case is a folder: slipway.yaml, data, and expected.json with the models to put in place and what must come of them. */
interface Case {
  about: string;
  /** Path in the workspace → name of a model that `modelBytes` knows. */
  models: Record<string, string>;
  /** By model and version. Of `reasons` each must be part of the gate's own. */
  runs: Record<string, { verdict: string; gates: Record<string, string>; notApplicable?: string[]; reasons?: Record<string, string> }>;
  problems?: string[];
  refused?: Record<string, string>;
}

const folder = join(import.meta.dirname, 'cases');

it.each(readdirSync(folder))('%s', { timeout: 120_000 }, async (name) => {
  const expected = JSON.parse(readFileSync(join(folder, name, 'expected.json'), 'utf8')) as Case;
  const judged = await judgeCopy(join(folder, name), async (copy) => {
    for (const [path, model] of Object.entries(expected.models)) {
      await mkdir(dirname(join(copy, path)), { recursive: true });
      await writeFile(join(copy, path), modelBytes(model));
    }
  });
  expect(found(judged, expected), expected.about).toEqual(expected);
});

/** What came out, in the shape of what was expected; a reason is cut to the expected part of it when that is in it. */
function found({ runs, problems, refused }: Judged, expected: Case): Case {
  return {
    about: expected.about,
    models: expected.models,
    runs: Object.fromEntries(
      [...runs].map(([name, run]) => {
        const wanted = expected.runs[name]?.reasons ?? {};
        const reasons = Object.entries(wanted).map(([id, part]) => {
          const reason = run.gates.find(({ gate }) => gate.id === id)?.reason ?? 'there is no such gate';
          return [id, cutTo(part, reason)];
        });
        return [name, { verdict: run.decision.verdict, gates: verdictsOf(run), ...(run.decision.notApplicable.length > 0 && { notApplicable: run.decision.notApplicable }), ...(reasons.length > 0 && { reasons: Object.fromEntries(reasons) as Record<string, string> }) }];
      }),
    ),
    ...(problems.length > 0 && { problems: problems.map(({ detail, issues = [] }, index) => cutTo(expected.problems?.[index], [detail, ...issues.map(({ message }) => message)].join('; '))) }),
    ...(refused.length > 0 && { refused: Object.fromEntries(refused.map(({ path, code }) => [path, code])) }),
  };
}

function cutTo(part: string | undefined, whole: string): string {
  return part !== undefined && whole.includes(part) ? part : whole;
}
