import type { Command, Snapshot } from './feed.ts';
import type { GateResult } from './gates.ts';
import type { Verdict } from './measured.ts';
import { countText, differenceText, intervalText, measuredText } from './number-text.ts';
import type { RunReport, RunSummary } from './run.ts';

/** What a tool is answered from: the same for an editor's language model and for a client of the MCP server. */
export interface ToolHost {
  snapshot(): Promise<Snapshot>;
  readRun(id: string): Promise<RunReport>;
  /** Resolves when the runs are saved; `problems` are sentences. */
  run(command: Extract<Command, { kind: 'run' }>): Promise<{ runs: string[]; problems: string[] }>;
}

/** A tool for agents. All but `run_gates` only read; none changes a file, and none can promote anything. */
export interface Tool {
  name: ToolName;
  title: string;
  description: string;
  /** JSON Schema of the arguments. */
  input: { type: 'object'; properties: Record<string, { type: 'string' | 'boolean'; description: string }>; required?: string[]; additionalProperties: false };
  readOnly: boolean;
  call(host: ToolHost, input: ToolInput): Promise<string>;
}

export type ToolName = 'list_models' | 'run_gates' | 'read_report' | 'explain_failure';

/** Arguments as they come: whatever is not a text is not there. */
export type ToolInput = Record<string, unknown>;

const model = { type: 'string', description: 'Name of the model in slipway.yaml' } as const;
const version = { type: 'string', description: 'Version of the model, such as v2; the newest judged one by default' } as const;

export const tools: readonly Tool[] = [
  {
    name: 'list_models',
    title: 'List models',
    description: 'Lists the models of the workspace with their versions, which one is the champion, and the latest verdict of each with its reason.',
    input: { type: 'object', properties: {}, additionalProperties: false },
    readOnly: true,
    async call(host) {
      const { models, refused, problem } = await host.snapshot();
      const lines = models.map(({ model, version, champion, run }) => `- ${model} ${version}${champion ? ' (champion)' : ''}: ${run === null ? 'not judged yet' : `${run.decision.verdict}. ${run.decision.sentence} [run ${run.id}]`}`);
      const faults = [...(problem === null ? [] : [`slipway.yaml: ${problem.detail}. ${problem.hint}.`]), ...refused.map(({ path, message }) => `${path} is not a version: ${message}`)];
      return [...(lines.length === 0 ? ['There are no model versions yet. Judge the workspace with run_gates, or set it up with `slipway init`.'] : lines), ...faults].join('\n');
    },
  },
  {
    name: 'run_gates',
    title: 'Run gates',
    description: 'Judges model versions against the gates of slipway.yaml: every version without a verdict, or those named. Takes seconds to minutes. Changes nothing but the saved runs.',
    input: { type: 'object', properties: { model, version: { ...version, description: 'Version of the model; all by default' }, force: { type: 'boolean', description: 'Judge again even where nothing has changed' } }, additionalProperties: false },
    readOnly: false,
    async call(host, input) {
      const [named, of] = [text(input.model), text(input.version)];
      const { runs, problems } = await host.run({ kind: 'run', ...(named !== null && { models: [named] }), ...(of !== null && { versions: [of] }), ...(input.force === true && { force: true }) });
      const reports = await Promise.all(runs.map((id) => host.readRun(id)));
      const lines = reports.map((report) => `- ${report.model.name} ${report.model.version}: ${report.decision.verdict}. ${report.decision.sentence} [run ${report.id}]`);
      return [...(lines.length === 0 && problems.length === 0 ? ['Nothing has changed since the last verdicts; list_models tells them, force judges again.'] : lines), ...problems].join('\n');
    },
  },
  {
    name: 'read_report',
    title: 'Read a report',
    description: 'Reads one saved run: every gate with what was measured, its interval, what was needed and why; data drift; flips against the champion; and what the verdict rests on.',
    input: { type: 'object', properties: { model, version, run: { type: 'string', description: 'Id of the run, in place of model and version' } }, additionalProperties: false },
    readOnly: true,
    call: async (host, input) => reportText(await found(host, input)),
  },
  {
    name: 'explain_failure',
    title: 'Explain a failure',
    description: 'Says why a version may not replace the champion: each gate that did not pass, where the harm is (slices, flipped rows), and what would have to change.',
    input: { type: 'object', properties: { model, version, run: { type: 'string', description: 'Id of the run, in place of model and version' } }, additionalProperties: false },
    readOnly: true,
    call: async (host, input) => failureText(await found(host, input)),
  },
];

/** The run that is meant: by id, or the newest of a model or version. */
async function found(host: ToolHost, input: ToolInput): Promise<RunReport> {
  const id = text(input.run);
  if (id !== null) return host.readRun(id);
  const { runs } = await host.snapshot();
  const [named, of] = [text(input.model), text(input.version)];
  const meant = (run: RunSummary): boolean => (named === null || run.model === named) && (of === null ? run.role === 'candidate' : run.version === of);
  const newest = runs.find(meant) ?? (of === null ? runs.find((run) => named === null || run.model === named) : undefined);
  if (newest === undefined) throw new RangeError(`No run of ${[named, of].filter((part) => part !== null).join(' ') || 'any model'} is saved; run_gates makes one`);
  return host.readRun(newest.id);
}

const order: Verdict[] = ['fail', 'error', 'inconclusive', 'pass'];

function reportText(report: RunReport): string {
  const { model, role, lineage, gates, decision, batches, startedAt } = report;
  const moved = batches.flatMap(({ role, batch }) => (role === 'current' ? (batch.drift?.columns.filter(({ verdict }) => verdict === 'moved').map(({ column }) => column) ?? []) : []));
  return [
    `${model.name} ${model.version} (${role}${lineage.champion === null ? '' : `, against ${lineage.champion.version}`}), judged ${startedAt}: ${decision.verdict}`,
    decision.sentence,
    '',
    ...[...gates].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict)).map(gateLine),
    '',
    moved.length === 0 ? 'No column of the current data has moved.' : `Columns that moved: ${moved.slice(0, 20).join(', ')}${moved.length > 20 ? ` and ${countText(moved.length - 20)} more` : ''}.`,
    ...flipsText(report),
    `Rests on model sha256:${model.digest.slice(0, 12)}, policy ${lineage.policy.digest.slice(0, 12)} fixed before the run, seed ${lineage.seed}, ${lineage.provider.toUpperCase()}. Run ${report.id}.`,
  ].join('\n');
}

function failureText(report: RunReport): string {
  const { model, gates, decision } = report;
  const open = gates.filter(({ verdict }) => verdict !== 'pass').sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  if (open.length === 0) return `${model.name} ${model.version} passes every gate. ${decision.sentence}`;
  const harmed = (['holdout', 'current'] as const).flatMap((role) =>
    (report.comparisons[role]?.slices ?? [])
      .filter(({ difference, direction, adjustedP }) => difference.value !== null && (direction === 'higher' ? difference.value < 0 : difference.value > 0) && adjustedP != null && adjustedP < 0.05)
      .slice(0, 8)
      .map(({ metric, slice, difference, candidate }) => `- ${metric} on ${slice.name} (${role}): ${differenceText(difference.value!, 'metric')} ${intervalText(difference, 'metric', 'difference')}, ${countText(candidate.rows)} rows`),
  );
  return [
    decision.sentence,
    '',
    ...open.flatMap((gate) => [gateLine(gate), ...gate.parts.filter(({ verdict }) => verdict !== 'pass').slice(0, 8).map(({ title, reason }) => `    ${title}: ${reason}`), ...(gate.rowsNeeded === undefined ? [] : [`    about ${countText(gate.rowsNeeded)} more rows would decide it`])]),
    ...(harmed.length === 0 ? [] : ['', 'Slices that are significantly worse than with the champion:', ...harmed]),
    ...flipsText(report),
  ].join('\n');
}

function gateLine({ gate, title, verdict, reason, champion, candidate, difference, needs, unit }: GateResult): string {
  const decided = difference ?? candidate;
  const measured = [
    ...(champion === null ? [] : [`champion ${measuredText(champion, unit)}`]),
    ...(candidate === null ? [] : [`candidate ${measuredText(candidate, unit)}`]),
    ...(decided === null || decided.value === null ? [] : [`${difference === null ? '' : `difference ${differenceText(decided.value, unit)} `}${intervalText(decided, unit, difference === null ? 'value' : 'difference')}`.trim()]),
  ].filter((part) => part !== '');
  return `- ${verdict}: ${title}${gate.severity === 'block' ? '' : ` (${gate.severity})`}; needs ${needs}${measured.length === 0 ? '' : `; ${measured.join(', ')}`}. ${reason}${gate.line === undefined ? '' : ` [slipway.yaml:${gate.line}]`}`;
}

function flipsText({ comparisons }: RunReport): string[] {
  return (['holdout', 'current'] as const).flatMap((role) => {
    const flips = comparisons[role]?.flips;
    if (flips == null) return [];
    const dense = flips.concentrations.filter(({ lift }) => lift >= 1.2).sort((a, b) => b.harmful - a.harmful).slice(0, 3);
    return [`On ${role}, ${countText(flips.helpful)} rows went from wrong to right and ${countText(flips.harmful)} from right to wrong${dense.length === 0 ? '' : `, the latter most in ${dense.map(({ slice, harmful }) => `${slice.name} (${countText(harmful)})`).join(', ')}`}.`];
  });
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
