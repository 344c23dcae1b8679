import { createHash, randomBytes } from 'node:crypto';
import type { Config } from '../protocol/config.ts';
import type { Check } from '../protocol/data-quality.ts';
import type { DriftReport } from '../protocol/drift.ts';
import type { MeasurementResult } from '../protocol/measurements.ts';
import type { BatchReport, BatchSummary } from '../protocol/run.ts';
import { judgeChecks } from './data-quality/judge-checks.ts';
import { planMeasurements } from './data-quality/plan-measurements.ts';
import { suggestChecks } from './data-quality/suggest-checks.ts';
import { measure } from './datasets/measure.ts';
import type { Dataset } from './datasets/open-dataset.ts';
import { canonicalise } from './gates/canonicalise.ts';
import { summariseDrift } from './drift/summarise-drift.ts';
import type { House, On } from './house.ts';
import { Problem } from './problem.ts';
import type { Steps } from './steps.ts';
import type { Batch, WorkspaceData } from './workspace-data.ts';
import { version } from './version.ts';

const noReference = 'there is no reference to compare with';

export interface BatchRequest {
  batch: Batch;
  /** Null: nothing to compare with, so only what stands in slipway.yaml is checked. */
  reference: Batch | null;
  /** Label column, if the data has one. */
  target: string | null;
  /** Whether features are compared with the reference: for batches under question, not for the reference's own siblings. */
  drift: boolean;
}

/** Profile, check and compare one batch. The same bytes under the same rules give the saved report again. */
export async function reportBatch(house: House, data: WorkspaceData, request: BatchRequest, steps: Steps, on: On): Promise<BatchReport> {
  const { config, store, now } = house;
  const { batch, reference, target, drift } = request;
  const [ref, referenceRef] = [await batch.ref(), reference === null ? null : await reference.ref()];
  const key = digestOf({ slipway: version, batch: ref.digest, name: ref.name, reference: referenceRef?.digest ?? null, target, drift, checks: batch.config.checks, rules: rulesOf(config, batch), seed: config.seed });
  const saved = await store.findBatch(key);
  if (saved !== null && isFinal(saved)) return saved;

  const profile = await steps.attempt('profile', ref.name, `profile.${ref.name}`, () => batch.profile());
  if (profile === null) throw new Problem('dataset-corrupt', steps.missing[`profile.${ref.name}`] ?? `${ref.name} could not be profiled`);
  const referenceProfile = reference === null ? null : await reference.profile();
  const checks = await checksFor(house, request);
  const findings = await findingsOf(house, data, request, checks, on);
  const driftReport = drift && reference !== null ? await steps.attempt('detect drift', ref.name, `drift.${ref.name}`, () => driftOf(house, { ...request, reference }, on)) : null;
  const report: BatchReport = {
    schema: 'slipway.batch/1',
    id: `b-${now().toISOString().slice(0, 10).replaceAll('-', '')}-${randomBytes(4).toString('hex')}`,
    checkedAt: now().toISOString(),
    profile,
    referenceProfile,
    dataQuality: { dataset: ref, findings, ...(referenceRef !== null && { reference: referenceRef }) },
    drift: driftReport,
    driftMissing: driftReport !== null ? null : drift && reference !== null ? (steps.missing[`drift.${ref.name}`] ?? 'not measured') : noReference,
    sentence: sentenceOf(findings, driftReport),
  };
  await store.saveBatch(report, summaryOf(report, batch), key);
  return report;
}

/** A report that depends on the clock, or on something that failed, is made anew. */
function isFinal({ dataQuality, drift, driftMissing }: BatchReport): boolean {
  return (drift !== null || driftMissing === noReference) && dataQuality.findings.every(({ check, verdict }) => check.kind !== 'freshness' && verdict !== 'error');
}

/** What stands in slipway.yaml, and what the reference suggests for columns and kinds that nobody wrote a check for. */
export async function checksFor({ config, now }: House, { batch, reference, target }: Pick<BatchRequest, 'batch' | 'reference' | 'target'>): Promise<Check[]> {
  const written = batch.config.checks;
  if (!config.suggestChecks || reference === null || reference.files.join() === batch.files.join()) return written;
  const suggested = suggestChecks(await reference.profile(), { target: target ?? undefined, time: batch.config.time ?? undefined, key: batch.config.key, table: await reference.table(), now: now().getTime() });
  const named = new Set(written.map(identityOf));
  return [...written, ...suggested.filter((check) => !named.has(identityOf(check)))];
}

/** What a check is about: a written one takes the place of what would be suggested about the same thing. */
function identityOf(check: Check): string {
  const about = 'column' in check ? check.column : 'columns' in check ? check.columns?.join() : 'target' in check ? check.target : 'expression' in check ? check.expression : '';
  return `${check.kind}:${about ?? ''}:${'dataset' in check ? check.dataset : ''}`;
}

async function findingsOf(house: House, data: WorkspaceData, { batch, reference, target }: BatchRequest, checks: Check[], on: On): Promise<BatchReport['dataQuality']['findings']> {
  const { signal } = on;
  const [profile, referenceProfile] = [await batch.profile(), reference === null ? undefined : await reference.profile()];
  const now = house.now().getTime();
  const plan = planMeasurements(checks, { profile, reference: referenceProfile, now });
  const otherDatasets = await datasetsNamedIn(checks, data, on);
  const measurements = await measure(await batch.open(), plan.current, { signal, otherDatasets });
  const referenceMeasurements = reference === null || plan.reference.length === 0 ? new Map<string, MeasurementResult>() : await measure(await reference.open(), plan.reference, { signal, otherDatasets });
  const needsTables = target !== null && checks.some(({ kind }) => kind === 'label_leakage' || kind === 'label_distribution');
  const tables = needsTables ? { current: await batch.table(), ...(reference !== null && { reference: await reference.table() }) } : undefined;
  return judgeChecks(checks, { profile, reference: referenceProfile, measurements, referenceMeasurements, tables, now });
}

/** A dataset that cannot be opened leaves its checks without an answer, which makes them errors. */
async function datasetsNamedIn(checks: Check[], data: WorkspaceData, on: On): Promise<Map<string, Dataset>> {
  const named = new Set(checks.flatMap((check) => (check.kind === 'references' || check.kind === 'overlap' ? [check.dataset] : [])));
  const opened = new Map<string, Dataset>();
  for (const name of named) {
    const dataset = await data.whole(name).then((batch) => batch.open()).catch((error: unknown) => {
      on.signal.throwIfAborted();
      on.log.error(`dataset ${name} could not be opened`, error);
      return null;
    });
    if (dataset !== null) opened.set(name, dataset);
  }
  return opened;
}

async function driftOf({ config, judging }: House, { batch, reference, target }: BatchRequest & { reference: Batch }, on: On): Promise<DriftReport> {
  const side = async (of: Batch) => ({ dataset: await of.ref(), table: await of.table() });
  const leaveOut = new Map<string, string>([
    ...batch.config.key.map((column): [string, string] => [column, 'it is a key']),
    ...config.drift.exclude.map((column): [string, string] => [column, 'slipway.yaml excludes it']),
  ]);
  const { alpha, floors, columnFloors, include, multivariate } = config.drift;
  return judging.run(
    {
      kind: 'detect drift',
      input: { reference: await side(reference), current: await side(batch) },
      roles: { target: target ?? undefined, leaveOut },
      options: { alpha, floors, columnFloors: new Map(columnFloors.map(({ column, floor }) => [column, floor])), include, multivariate: multivariate ? {} : null, seed: config.seed },
    },
    { signal: on.signal, onProgress: (done) => on.progress({ step: 'detect drift', subject: batch.name, done, total: null, unit: 'columns' }) },
  );
}

function rulesOf(config: Config, batch: Batch): object {
  return { drift: config.drift, suggest: config.suggestChecks, time: batch.config.time, key: batch.config.key };
}

function sentenceOf(findings: BatchReport['dataQuality']['findings'], drift: DriftReport | null): string {
  const failing = findings.filter(({ verdict }) => verdict === 'fail').length;
  const unknown = findings.filter(({ verdict }) => verdict === 'error').length;
  const quality = findings.length === 0 ? 'There are no checks' : failing === 0 && unknown === 0 ? findings.length === 1 ? 'The one check holds' : `All ${findings.length} checks hold` : [failing > 0 && `${failing} of ${findings.length} checks ${failing === 1 ? 'fails' : 'fail'}`, unknown > 0 && `${unknown} could not be judged`].filter((part) => part !== false).join(', ');
  return drift === null ? `${quality}.` : `${quality}. ${summariseDrift(drift)}`;
}

export function summaryOf(report: BatchReport, { dataset }: Pick<Batch, 'dataset'>): BatchSummary {
  const { id, checkedAt, profile, dataQuality, drift } = report;
  return {
    id,
    name: profile.name,
    dataset,
    digest: profile.digest,
    checkedAt,
    rows: profile.rows,
    failing: dataQuality.findings.filter(({ verdict }) => verdict === 'fail' || verdict === 'error').length,
    moved: drift?.moved ?? 0,
    inconclusive: drift?.inconclusive ?? 0,
    effects: Object.fromEntries(drift?.columns.map(({ column, effect }) => [column, effect.value]) ?? []),
  };
}

/** Same content, same digest, whatever the order of keys. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalise(value)).digest('hex');
}
