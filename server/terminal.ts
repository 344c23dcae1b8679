import { pc } from './colours.ts';
import stringWidth from 'string-width';
import type { DriftReport } from '../protocol/drift.ts';
import type { Progress, Snapshot } from '../protocol/feed.ts';
import type { GateResult } from '../protocol/gates.ts';
import type { Severity, Verdict } from '../protocol/measured.ts';
import type { BatchReport, RunReport, RunSummary } from '../protocol/run.ts';
import type { ReadinessReport } from '../protocol/workspace.ts';
import { countText, differenceText, durationText, intervalText, measuredText, numberText } from '../protocol/number-text.ts';

const marks: Record<Verdict, string> = { pass: pc.green('✓'), fail: pc.red('✗'), inconclusive: pc.yellow('?'), error: pc.red('!') };

export const verdictMark = (verdict: Verdict): string => marks[verdict];

export interface RunTextOptions {
  /** Every gate and column, not only what did not pass. */
  all?: boolean;
  reportPath?: string;
  columns?: number;
  /** Ids of batches whose drift has been shown already: several versions are judged on the same data. */
  shownBatches?: Set<string>;
}

/** A run as one screen of text: the sentence, what did not pass, what moved, what to do next. */
export function runText(report: RunReport, { all = false, reportPath, columns = process.stdout.columns ?? Infinity, shownBatches = new Set() }: RunTextOptions = {}): string {
  const { model, decision, lineage, runtime } = report;
  const against = lineage.champion === null || report.role === 'champion' ? '' : ` against ${lineage.champion.version}`;
  const data = lineage.datasets.current ?? lineage.datasets.holdout;
  const facts = [
    data === undefined ? null : `${countText(data.rows)} rows of ${data.name}`,
    runtime === null ? null : providerText(runtime.provider, runtime.refused),
    `seed ${lineage.seed}`,
    `policy ${lineage.policy.digest.slice(0, 8)}`,
    durationText(Date.parse(report.finishedAt) - Date.parse(report.startedAt)),
  ].filter((fact) => fact !== null);
  const lines = [
    `${pc.bold(`${model.name} ${model.version}`)}${report.role === 'champion' ? ' ★ champion' : against}  ${pc.dim(facts.join(' · '))}`,
    `${marks[decision.verdict]} ${pc.bold(decision.sentence)}`,
    '',
    ...gateLines(report.gates, all, columns),
  ];
  const failures = new Map(report.steps.filter((step) => step.state === 'failed').toReversed().map((step) => [`${step.step} ${step.problem?.detail}`, step]));
  for (const step of failures.values()) {
    const others = report.steps.filter((each) => each.state === 'failed' && each.step === step.step && each.problem?.detail === step.problem?.detail).length - 1;
    lines.push(`${marks.error} step ${step.step} (${step.subject ?? ''}${others > 0 ? ` and ${others} more` : ''}): ${step.problem?.detail ?? 'failed'}${hintText(step.problem?.hint)}`);
  }
  const current = report.batches.find((batch) => batch.role === 'current');
  if (current?.batch.drift != null && !shownBatches.has(current.batch.id)) {
    shownBatches.add(current.batch.id);
    lines.push('', ...driftLines(current.batch.drift, all, columns));
  }
  const next = nextStep(report);
  if (next !== null) lines.push('', `${pc.cyan('→')} ${next}`);
  lines.push('', `${pc.dim('run')} ${report.id}${reportPath === undefined ? '' : `  ${pc.dim('report')} ${reportPath}`}`);
  return lines.join('\n');
}

/** The one thing to do now. */
function nextStep({ role, model, decision, gates }: RunReport): string | null {
  const stopping = gates.find(({ gate }) => gate.id === decision.blocking[0]);
  const where = stopping?.gate.line === undefined ? '' : ` (slipway.yaml:${stopping.gate.line})`;
  switch (decision.verdict) {
    case 'pass':
      return role === 'champion' ? null : `to promote it, write champion: ${model.version} under ${model.name} in slipway.yaml`;
    case 'fail':
      return stopping === undefined ? null : `look at ${stopping.title}${where} in the report: the rows that flipped and the slices they are in`;
    case 'inconclusive':
      if (stopping === undefined) return 'write gates in slipway.yaml that say what this model must reach';
      return stopping.rowsNeeded === undefined ? `${stopping.title}${where}: ${stopping.reason}` : `collect about ${countText(stopping.rowsNeeded)} more labelled rows to decide ${stopping.title}${where}`;
    case 'error':
      return stopping === undefined ? null : `mend what is missing: ${stopping.title}${where}: ${stopping.reason}`;
  }
}

function hintText(hint: string | undefined): string {
  return hint === undefined ? '' : pc.dim(`\n    ${hint}`);
}

function gateLines(gates: GateResult[], all: boolean, columns: number): string[] {
  const open = gates.filter((gate) => gate.verdict !== 'pass');
  const { alone, together } = all ? { alone: gates, together: [] } : sameReason(open);
  const entries = alone.flatMap((result) => {
    const parts = result.parts.length <= 1 ? [] : all ? result.parts : worstParts(result);
    // The parts say it in more detail than their sum.
    return [{ cells: gateRow(result), why: parts.length > 0 || result.verdict === 'pass' ? '' : result.reason }, ...parts.map((part) => ({ cells: partRow(part, result), why: part.verdict === 'pass' ? '' : part.reason }))];
  });
  const lines = table(['', 'gate', 'champion', 'candidate', 'difference', 'needs', 'rows'], entries.map(({ cells }) => cells));
  const passed = all ? 0 : gates.length - open.length;
  return [
    ...(entries.length === 0 ? [] : [lines[0], ...entries.flatMap(({ why }, index) => [lines[index + 1], ...(why === '' ? [] : wrapped(why, 6, columns).map((line) => pc.dim(line)))])]),
    ...together.flatMap(({ verdict, titles, reason }) => [...wrapped(`${marks[verdict]} ${titles.length} gates ${verdict === 'error' ? 'could not be judged' : verdict}: ${reason}`, 0, columns), ...wrapped(titles.join(', '), 6, columns).map((line) => pc.dim(line))]),
    ...(passed > 0 ? [`${marks.pass} ${passed}${open.length > 0 ? ' more' : ''} ${passed === 1 ? 'gate passes' : 'gates pass'}`] : []),
  ];
}

/** Breaks text between words to fit the terminal. */
export function wrapped(text: string, indent: number, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + stringWidth(line) + 1 + stringWidth(word) > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each);
}

/** Missing evidence fails many gates for one reason, which is worth saying once. */
function sameReason(gates: GateResult[]): { alone: GateResult[]; together: { verdict: Verdict; titles: string[]; reason: string }[] } {
  const large = [...groupByReason(gates).values()].filter((group) => group.length > 2);
  return { alone: gates.filter((gate) => !large.some((group) => group.includes(gate))), together: large.map((group) => ({ verdict: group[0].verdict, titles: group.map(({ title }) => title), reason: group[0].reason })) };
}

function groupByReason(gates: GateResult[]): Map<string, GateResult[]> {
  const groups = new Map<string, GateResult[]>();
  for (const gate of gates) {
    // Which dataset it was does not make it another reason.
    const key = `${gate.verdict} ${gate.reason.replace(/^(holdout|current|cases) was not (compared|evaluated): (the candidate: )?/, '').replace(/\d[\d,]*/g, '#')}`;
    groups.set(key, [...(groups.get(key) ?? []), gate]);
  }
  return groups;
}

function worstParts(result: GateResult): GateResult['parts'] {
  return result.parts.filter((part) => part.verdict === 'fail' || part.verdict === 'error').slice(0, 3);
}

function gateRow(result: GateResult): string[] {
  const { unit, difference } = result;
  return [
    marks[result.verdict],
    result.title + severityText(result.gate.severity),
    measuredText(result.champion, unit),
    measuredText(result.candidate, unit),
    difference?.value == null ? '' : `${differenceText(difference.value, unit)} ${pc.dim(intervalText(difference, unit, 'difference'))}`,
    result.needs,
    result.rows === null ? '' : countText(result.rows),
  ];
}

function partRow(part: GateResult['parts'][number], { unit }: GateResult): string[] {
  return [
    ` ${marks[part.verdict]}`,
    pc.dim('  ') + part.title,
    measuredText(part.champion, unit),
    measuredText(part.candidate, unit),
    part.difference?.value == null ? '' : `${differenceText(part.difference.value, unit)} ${pc.dim(intervalText(part.difference, unit, 'difference'))}`,
    '',
    countText(part.rows),
  ];
}

function severityText(severity: Severity): string {
  return severity === 'block' ? '' : pc.dim(` (${severity})`);
}

/** "4 of 18 columns moved" and a line for each, strongest first. */
export function driftLines(drift: DriftReport, all = false, columns = process.stdout.columns ?? Infinity): string[] {
  const order = { moved: 0, error: 1, inconclusive: 2, still: 3 };
  const sorted = [...drift.columns].sort((a, b) => order[a.verdict] - order[b.verdict] || (b.effect.value ?? 0) / b.effect.floor - (a.effect.value ?? 0) / a.effect.floor);
  const shown = all ? sorted : sorted.filter((column) => column.verdict !== 'still').slice(0, 5);
  const head = table(
    null,
    shown.map((column) => [
      column.verdict === 'moved' ? pc.yellow('▲') : column.verdict === 'still' ? marks.pass : column.verdict === 'error' ? marks.error : marks.inconclusive,
      column.column,
      column.effect.value === null ? 'undefined' : `${effectNames[column.effect.name] ?? column.effect.name} ${numberText(column.effect.value, 2)}`,
      column.effect.band === null ? '' : pc.dim(`chance ≤ ${numberText(column.effect.band, 2)}, floor ${numberText(column.effect.floor)}`),
    ]),
  );
  const messageColumn = Math.max(0, ...head.map((line) => stringWidth(line))) + 2;
  const rest = sorted.filter((column) => column.verdict !== 'still').length - shown.length;
  return [
    `${drift.moved} of ${drift.columns.length} columns moved${drift.inconclusive > 0 ? `, ${drift.inconclusive} with too few rows to tell` : ''}  ${pc.dim(`${drift.current.name}, ${countText(drift.current.rows)} rows against ${countText(drift.reference.rows)}`)}`,
    ...head.flatMap((line, index) => {
      const message = shown[index].message;
      if (messageColumn + stringWidth(message) <= columns) return [line + ' '.repeat(messageColumn - stringWidth(line)) + message];
      return [line, ...wrapped(message, 6, columns).map((each) => pc.dim(each))];
    }),
    ...(rest > 0 && !all ? [pc.dim(`  and ${rest} more`)] : []),
  ];
}

const effectNames: Partial<Record<DriftReport['columns'][number]['effect']['name'], string>> = { ks: 'K-S D', cramers_v_balanced: "Cramér's V", cramers_v: "Cramér's V", auc: 'AUC' };

export function batchText(batch: BatchReport, { all = false }: { all?: boolean } = {}): string {
  const { profile, dataQuality, drift } = batch;
  const rank: Record<Verdict, number> = { fail: 0, error: 1, inconclusive: 2, pass: 3 };
  const findings = [...dataQuality.findings].sort((a, b) => rank[a.verdict] - rank[b.verdict]);
  const shown = all ? findings : findings.filter((finding) => finding.verdict !== 'pass');
  const passed = findings.length - shown.length;
  const lines = [
    pc.bold(batch.sentence),
    pc.dim(`${profile.name} · ${countText(profile.rows)} rows × ${profile.columns.length} columns · sha256 ${profile.digest.slice(0, 12)} · ${batch.id}`),
    '',
    ...table(null, shown.map((finding) => [marks[finding.verdict], finding.id + severityText(finding.severity), finding.message, finding.next === undefined ? '' : pc.dim(finding.next)])),
  ];
  if (passed > 0) lines.push(`${marks.pass} ${passed}${shown.length > 0 ? ' more' : ''} ${passed === 1 ? 'check passes' : 'checks pass'}`);
  if (drift !== null) lines.push('', ...driftLines(drift, all));
  else lines.push('', `${marks.inconclusive} drift: ${batch.driftMissing ?? 'not measured'}`);
  return lines.join('\n');
}

/** Versions by model, newest verdict each, what stands in the way of the blocked ones, and how far each model is from production. */
export function statusText({ models, refused, active }: Snapshot, readiness: readonly ReadinessReport[] = []): string {
  const lines: string[] = [];
  for (const model of new Set(models.map((version) => version.model))) {
    lines.push(pc.bold(model));
    const versions = models.filter((version) => version.model === model);
    lines.push(
      ...table(
        null,
        versions.map(({ version, champion, digest, run }) => [
          `  ${champion ? '★' : run === null ? '·' : marks[run.decision.verdict]}`,
          version,
          run === null ? 'no verdict yet' : champion && run.decision.verdict === 'pass' ? 'champion' : `${champion ? 'champion, ' : ''}${run.decision.verdict === 'pass' ? 'promotable' : run.decision.verdict === 'fail' ? 'blocked' : run.decision.verdict}`,
          pc.dim(`sha256 ${digest.slice(0, 12)}`),
          run?.decision.sentence ?? '',
        ]),
      ),
    );
    const report = readiness.find((each) => each.model === model);
    if (report !== undefined) lines.push(`  ${report.ready ? marks.pass : marks.fail} ${report.sentence} ${pc.dim(`${countText(report.counts.met)} of ${countText(report.counts.of)} met: slipway readiness ${model}`)}`);
  }
  for (const { path, message } of refused) lines.push(`${marks.fail} ${path}: ${message}`);
  for (const { command, work } of active) lines.push(`${pc.cyan('▷')} under way: ${command.kind}${command.kind === 'run' && command.watch === true ? ', watching' : ''} ${pc.dim(work.slice(0, 8))}`);
  return lines.length === 0 ? 'No model version is known yet: `slipway run` looks for them' : lines.join('\n');
}

export function runsText(runs: RunSummary[]): string {
  if (runs.length === 0) return 'No run is saved yet: `slipway run` judges every model version';
  return table(
    ['', 'run', 'model', 'version', 'when', 'gates', 'verdict'],
    runs.map((run) => [
      marks[run.decision.verdict],
      run.id,
      run.model,
      run.role === 'champion' ? `${run.version} ★` : run.version,
      run.startedAt.replace('T', ' ').slice(0, 16),
      `${run.decision.counts.pass}/${run.decision.counts.pass + run.decision.counts.fail + run.decision.counts.inconclusive + run.decision.counts.error}`,
      run.decision.sentence,
    ]),
  ).join('\n');
}

export function providerText(active: string, refused: { provider: string; reason: string }[]): string {
  return refused.length === 0 ? active.toUpperCase() : `${active.toUpperCase()} (${refused.map(({ provider, reason }) => `${provider} refused: ${reason.split('\n')[0].slice(0, 80)}`).join('; ')})`;
}

/** Aligns on display width; the last column is left to wrap. */
export function table(head: string[] | null, rows: string[][]): string[] {
  const all = head === null ? rows : [head, ...rows];
  if (all.length === 0) return [];
  const used = all[0].map((_, column) => rows.some((row) => row[column] !== ''));
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => stringWidth(row[column] ?? ''))));
  return all.map((row, index) => {
    const cells = row.flatMap((cell, column) => {
      if (!used[column]) return [];
      const padding = ' '.repeat(Math.max(0, widths[column] - stringWidth(cell)));
      return [column === row.length - 1 ? cell : cell + padding];
    });
    const line = cells.join('  ').trimEnd();
    return head !== null && index === 0 ? pc.dim(line) : line;
  });
}

export interface ProgressBar {
  update(progress: Pick<Progress, 'step' | 'subject' | 'done' | 'total' | 'unit'>): void;
  /** Removes the bar so that ordinary lines can be written. */
  clear(): void;
}

/** One line that is redrawn, on a terminal only; silent when piped. */
export function openProgressBar(stream: NodeJS.WriteStream, now: () => number): ProgressBar {
  if (!stream.isTTY) return { update() {}, clear() {} };
  let subject = '';
  let startedAt = now();
  let drawnAt = -Infinity;
  let drawn = false;
  return {
    update({ step, subject: of, done, total, unit }) {
      const label = `${step} ${of}`;
      if (label !== subject) {
        subject = label;
        startedAt = now();
      } else if (now() - drawnAt < 80) return;
      drawnAt = now();
      drawn = true;
      stream.write(`\r\x1b[K${barText(label, done, total, unit, now() - startedAt, stream.columns ?? 80)}`);
    },
    clear() {
      if (drawn) stream.write('\r\x1b[K');
      drawn = false;
    },
  };
}

/** "predict v3 holdout ━━━━━━──── 61 %  29,425/48,000 rows  2 s left" */
export function barText(label: string, done: number, total: number | null, unit: string, elapsedMs: number, columns: number): string {
  const counted = unit === 'bytes' ? `${(done / 1e6).toFixed(0)}${total === null ? '' : `/${(total / 1e6).toFixed(0)}`} MB` : `${countText(done)}${total === null ? '' : `/${countText(total)}`} ${unit}`;
  const share = total === null || total === 0 ? null : Math.min(1, done / total);
  const left = share === null || share < 0.02 || elapsedMs < 500 ? '' : `  ${durationText((elapsedMs / share) * (1 - share))} left`;
  const width = 20;
  const filled = share === null ? 0 : Math.round(share * width);
  const bar = share === null ? '' : `${pc.cyan('━'.repeat(filled))}${pc.dim('━'.repeat(width - filled))} ${String(Math.floor(share * 100)).padStart(3)} %  `;
  const text = `${label}  ${bar}${pc.dim(counted + left)}`;
  return stringWidth(text) > columns ? `${label} ${share === null ? counted : `${Math.floor(share * 100)} %`}` : text;
}

export const exitCodes: Record<Verdict, number> = { pass: 0, fail: 1, inconclusive: 2, error: 3 };

/** Worst first: the exit code of several verdicts together. */
export function worstVerdict(verdicts: Verdict[]): Verdict {
  for (const verdict of ['fail', 'error', 'inconclusive'] as const) if (verdicts.includes(verdict)) return verdict;
  return verdicts.length === 0 ? 'inconclusive' : 'pass';
}

