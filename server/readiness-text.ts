import stringWidth from 'string-width';
import { pc } from './colours.ts';
import type { Verdict } from '../protocol/measured.ts';
import { countText } from '../protocol/number-text.ts';
import type { ReadinessCriterion, ReadinessReport, ReadinessState } from '../protocol/workspace.ts';
import { verdictMark, wrapped } from './terminal.ts';

/** What a state counts as where only verdicts do: for the exit code, and for the mark. */
const verdictOf: Record<Exclude<ReadinessState, 'off'>, Verdict> = { pass: 'pass', fail: 'fail', inconclusive: 'inconclusive', missing: 'inconclusive', error: 'error' };

export function verdictsOfReadiness({ criteria }: ReadinessReport): Verdict[] {
  return criteria.flatMap(({ state }) => (state === 'off' ? [] : [verdictOf[state]]));
}

/** The sentence, then what is not met under its heading with what would change that, then a count of the rest. */
export function readinessText({ sentence, ready, digest, criteria }: ReadinessReport, { all = false, columns = process.stdout.columns ?? Infinity }: { all?: boolean; columns?: number } = {}): string {
  const shown = criteria.filter(({ state }) => all || (state !== 'pass' && state !== 'off'));
  const heads = shown.map((criterion) => `${markOf(criterion)} ${criterion.criterion}`);
  const textColumn = Math.max(0, ...heads.map((line) => stringWidth(line))) + 2;
  const lines = [`${verdictMark(ready ? 'pass' : 'fail')} ${pc.bold(sentence)}${digest === null ? '' : `  ${pc.dim(`sha256 ${digest.slice(0, 12)}`)}`}`];
  for (const [index, criterion] of shown.entries()) {
    if (criterion.group !== shown[index - 1]?.group) lines.push('', pc.bold(criterion.group));
    lines.push(...saidBeside(heads[index], textColumn, criterion.line === undefined ? criterion.text : `${criterion.text} ${pc.dim(`slipway.yaml:${criterion.line}`)}`, columns));
    if (criterion.next !== null) lines.push(...wrapped(`→ ${criterion.next}`, 4, columns).map((line) => pc.cyan(line)));
  }
  const met = criteria.filter(({ state }) => state === 'pass').length;
  if (!all && met > 0) lines.push('', `${verdictMark('pass')} ${countText(met)} ${shown.length > 0 ? 'more ' : ''}${met === 1 ? 'criterion is' : 'criteria are'} met`);
  const off = criteria.filter(({ state }) => state === 'off');
  if (!all) lines.push(...off.flatMap(({ criterion, text }) => wrapped(`– ${criterion} is ${text}`, 0, columns).map((line) => pc.dim(line))));
  return lines.join('\n');
}

/** On the same line where there is room, else below it. */
function saidBeside(head: string, column: number, text: string, columns: number): string[] {
  if (column + stringWidth(text) <= columns) return [head + ' '.repeat(column - stringWidth(head)) + text];
  return [head, ...wrapped(text, 4, columns)];
}

function markOf({ state }: ReadinessCriterion): string {
  return state === 'off' ? pc.dim('–') : verdictMark(verdictOf[state]);
}
