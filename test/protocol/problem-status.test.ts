import { expect, it } from 'vitest';
import type { ProblemCode } from '../../protocol/problem.ts';
import { Problem, problemBody } from '../../server/problem.ts';

const serving: [ProblemCode, number][] = [
  ['infer-invalid', 400],
  ['key-missing', 401],
  ['key-refused', 403],
  ['model-not-served', 404],
  ['infer-too-large', 413],
  ['encoding-unsupported', 415],
  ['queue-full', 429],
  ['rate-limited', 429],
  ['remote-failed', 502],
  ['not-ready', 503],
  ['deadline-passed', 504],
];

it.each(serving)('%s leaves the inference endpoint with status %i', (code, status) => {
  expect(problemBody(new Problem(code, 'why'))).toMatchObject({ code, status, detail: 'why' });
});
