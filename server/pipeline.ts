import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Config, ModelConfig } from '../protocol/config.ts';
import type { Command, RefusedFile } from '../protocol/feed.ts';
import type { DatasetRole, Gate } from '../protocol/gates.ts';
import type { Lineage } from '../protocol/lineage.ts';
import type { ModelSummary } from '../protocol/registry.ts';
import { steps as stepNames, type BatchReport, type BatchSummary, type RunReport, type RunSummary, type StepOutcome } from '../protocol/run.ts';
import { evidenceOf, type Measurements } from './evidence.ts';
import { contractOf } from './contract-of.ts';
import { defaultPolicy } from './gates/default-policy.ts';
import { judge } from './gates/judge.ts';
import { measureModel } from './measure-model.ts';
import { findRecorded } from './measure-recorded.ts';
import { openModels, type Models } from './open-models.ts';
import type { House, On, RunSubject, Version } from './house.ts';
import { Problem } from './problem.ts';
import { registerFiles } from './register-files.ts';
import { digestOf, reportBatch, summaryOf } from './report-batch.ts';
import { findShadowOutcomes, tooOld } from './shadow-outcomes.ts';
import { openSteps, type Steps } from './steps.ts';
import { traceCode, traceVersions } from './trace.ts';
import { version as slipwayVersion } from './version.ts';
import { openWorkspaceData, type Batch, type WorkspaceData } from './workspace-data.ts';

/**
 * Story 1: disk → identify → profile → check → detect drift → predict → evaluate → compare → judge → trace → save → tell.
 * Judges every model version whose evidence is not saved yet; with `force`, all of them.
 */
export async function runModels(house: House, command: Extract<Command, { kind: 'run' }>, on: On): Promise<void> {
  const { config } = house;
  const data = openData(house, on);
  const models = openModels(house, on);
  const refused: RefusedFile[] = [];
  try {
    for (const model of modelsWanted(config, command)) {
      try {
        await runModel(house, data, models, model, command, refused, on);
      } catch (error) {
        on.signal.throwIfAborted();
        // What is wrong with one model keeps no other from its verdict.
        on.problem(error);
      }
    }
  } finally {
    await models.close();
    await data.close();
  }
}

function modelsWanted({ models }: Config, { models: names, versions }: Extract<Command, { kind: 'run' }>): ModelConfig[] {
  const all = models.map(({ name }) => name).join(', ');
  if (models.length === 0) throw new Problem('model-missing', 'slipway.yaml names no model');
  const unknown = (names ?? []).filter((name) => !models.some((model) => model.name === name));
  if (unknown.length > 0) throw new Problem('model-missing', `slipway.yaml has no model ${unknown.join(', ')}; it has ${all}`);
  const wanted = models.filter(({ name }) => names === undefined || names.includes(name));
  if (versions !== undefined && wanted.length > 1) throw new Problem('model-missing', `Versions of which model? slipway.yaml has ${all}`);
  return wanted;
}

async function runModel(house: House, data: WorkspaceData, models: Models, model: ModelConfig, command: Extract<Command, { kind: 'run' }>, refused: RefusedFile[], on: On): Promise<void> {
  const versions = await identify(house, model, on, refused);
  on.refused(refused);
  const unknown = (command.versions ?? []).filter((name) => !versions.some((version) => version.name === name));
  if (unknown.length > 0) throw new Problem('model-missing', `${model.name} has no version ${unknown.join(', ')}; it has ${versions.map(({ name }) => name).join(', ')}`);
  for (const version of versions) {
    if (command.versions !== undefined && !command.versions.includes(version.name)) continue;
    const subject = await aboutToRun(house, data, model, version, versions);
    const saved = command.force === true ? null : await house.store.findRun(subject.evidenceKey);
    // An error may have been the machine's: it is tried again, once by each work. Every other verdict stands while its evidence does.
    if (saved !== null && (saved.decision.verdict !== 'error' || on.tried.has(subject.evidenceKey))) on.tell({ kind: 'run-kept', run: saved });
    else {
      on.tried.add(subject.evidenceKey);
      await runVersion(house, data, models, subject, on);
    }
  }
}

/** Data quality and drift of one batch alone, before any model. */
export async function checkFile(house: House, command: Extract<Command, { kind: 'check' }>, on: On): Promise<void> {
  const data = openData(house, on);
  try {
    const batch = await data.file(command.path);
    const reference = await referenceFor(house.config, data, command.reference);
    const steps = openSteps({ signal: on.signal, now: () => house.now().getTime(), told: () => {}, log: (message, error) => on.log.error(message, error) });
    const target = targetFor(house.config, batch);
    const report = await reportBatch(house, data, { batch, reference, target, drift: true }, steps, on);
    on.tell({ kind: 'batch-checked', batch: summaryOf(report, batch) });
  } finally {
    await data.close();
  }
}

/** A dataset by name, or a file; without either what slipway.yaml calls `reference`, if it does. */
async function referenceFor({ datasets }: Config, data: WorkspaceData, named: string | undefined): Promise<Batch | null> {
  if (datasets.some(({ name }) => name === (named ?? 'reference'))) return data.whole(named ?? 'reference');
  if (named === undefined) return null;
  if (isAbsolute(named)) return data.file(named);
  throw new Problem('file-missing', `There is no dataset ${named}${datasets.length === 0 ? '' : `; slipway.yaml has ${datasets.map(({ name }) => name).join(', ')}`}`);
}

/** Every file becomes a version by its digest; one that is refused or half-written is told and stops nobody else. */
async function identify(house: House, model: ModelConfig, on: On, refused: RefusedFile[]): Promise<Version[]> {
  const { workspace, store, now } = house;
  const versions: Version[] = model.predictions.map((columns) => ({ kind: 'columns', name: columns.version, digest: digestOf({ model: model.name, columns }), path: 'slipway.yaml', bytes: 0, columns }));
  const known = new Map((await store.models()).map((record) => [`${record.model}\n${record.version}`, record.digest]));
  const see = async (version: Version, summary: ModelSummary | null): Promise<void> => {
    if (known.get(`${model.name}\n${version.name}`) === version.digest) return;
    const record = { model: model.name, version: version.name, digest: version.digest, path: version.path, bytes: version.bytes, seenAt: now().toISOString(), summary };
    await store.saveModel(record);
    on.tell({ kind: 'model-seen', version: { ...record, champion: isChampion(model, version.name, version.digest), run: null } });
  };
  for (const version of versions) await see(version, null);
  const there = await registerFiles(house, model, on.signal);
  for (const file of there.refused) {
    refused.push(file);
    on.tell({ kind: 'model-refused', file });
  }
  for (const { version, path, registered } of there.registered) {
    const { digest, bytes, summary } = registered;
    const found: Version = { kind: 'file', name: version, digest, path, bytes, registered };
    versions.push(found);
    await see(found, summary);
  }
  if (versions.length === 0 && refused.length === 0) throw new Problem('model-missing', `${model.name}: ${model.files.join(', ')} matches no model file`, { where: { path: join(workspace, 'slipway.yaml'), line: model.line } });
  return versions;
}

async function aboutToRun(house: House, data: WorkspaceData, config: ModelConfig, version: Version, versions: Version[]): Promise<RunSubject> {
  const champion = versions.find(({ name, digest }) => isChampion(config, name, digest)) ?? null;
  const role = champion !== null && champion.digest === version.digest ? 'champion' : 'candidate';
  const batches: RunSubject['batches'] = {};
  for (const each of ['reference', 'holdout', 'cases'] as const) {
    const name = config.datasets[each];
    if (name !== null) batches[each] = await data.whole(name);
  }
  const current = config.datasets.current === null ? [] : await data.batches(config.datasets.current);
  const newest = current[current.length - 1];
  if (newest !== undefined) batches.current = newest;
  const policy = config.gates ?? defaultPolicyFor(config, version);
  const policyDigest = digestOf(policy);
  const configText = await readFile(join(house.workspace, 'slipway.yaml'), 'utf8');
  const digests: Record<string, string> = {};
  for (const [each, batch] of Object.entries(batches)) digests[each] = (await batch.ref()).digest;
  const recorded = await findRecorded(house.workspace, version);
  const shadows = champion === null || role === 'champion' ? null : await findShadowOutcomes(house.store, policy, { model: config.name, production: champion.digest, candidate: version.digest });
  const compared = shadows === null ? {} : { shadows, tooOld: tooOld(policy, shadows, house.now().getTime()) };
  const evidenceKey = digestOf({ slipway: slipwayVersion, model: version.digest, champion: champion?.digest ?? null, digests, recorded: recorded?.digest ?? null, ...compared, policy: policyDigest, contract: contractOf(config), checks: Object.values(batches).map((batch) => batch.config.checks), drift: house.config.drift, resources: house.config.resources, seed: house.config.seed });
  return { config, version, champion, role, policy, policyDigest, batches, earlier: current.slice(0, -1), recorded, shadows, configText, evidenceKey };
}

/** The gates of a model for which nobody has written any. */
function defaultPolicyFor(config: ModelConfig, version: Version): Gate[] {
  const classes = version.kind === 'file' ? (version.registered.summary.classes?.labels.length ?? 0) : 0;
  const task = config.task ?? (classes === 2 ? 'binary' : classes > 2 ? 'multiclass' : null);
  if (task === null) throw new Problem('config-invalid', `${config.name} has neither a task nor gates in slipway.yaml, and its model file names no classes; write its task`, { where: { path: 'slipway.yaml', line: config.line } });
  return defaultPolicy({
    task,
    slices: config.slices.flatMap((slice) => (slice.kind === 'by' ? [slice.columns.join(' × ')] : [])),
    groups: config.groups,
    cases: config.datasets.cases !== null,
    current: config.datasets.current !== null,
    value: config.value !== null,
  });
}

async function runVersion(house: House, data: WorkspaceData, models: Models, subject: RunSubject, on: On): Promise<void> {
  const { now, store, workspace } = house;
  const { config, version, champion, role, policy } = subject;
  const id = `r-${now().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}-${randomBytes(3).toString('hex')}`;
  on.tell({ kind: 'run-started', run: id, model: config.name, version: version.name });
  const startedAt = now().toISOString();
  const steps = openSteps({
    signal: on.signal,
    now: () => now().getTime(),
    told: (outcome) => on.tell({ kind: 'step', run: id, outcome }),
    log: (message, error) => on.log.error(message, error),
  });

  const batches: RunReport['batches'] = [];
  for (const role of ['reference', 'holdout', 'current', 'cases'] as const) {
    const batch = subject.batches[role];
    if (batch === undefined) {
      steps.skip('check', role, `dataQuality.${role}`, `slipway.yaml has no ${role} dataset for ${config.name}`);
      continue;
    }
    const report = await steps.attempt('check', batch.name, `dataQuality.${role}`, () => batchReportFor(house, data, subject, role, batch, steps, on));
    if (report !== null) batches.push({ role, batch: report });
    if (role === 'current') steps.missing.drift = report?.driftMissing ?? steps.missing[`dataQuality.${role}`];
  }
  const history = await historyOf(house, data, subject, batches.find(({ role }) => role === 'current')?.batch, steps, on);
  const measured = await measureModel(house, models, subject, steps, on);
  const shadows = shadowsOf(subject, steps);

  const code = await steps.attempt('trace', 'code', 'code', () => traceCode(workspace, on.signal));
  const lineage: Lineage = {
    model: { name: config.name, version: version.name, digest: version.digest, path: version.path, bytes: version.bytes },
    champion: champion === null ? null : { version: champion.name, digest: champion.digest },
    datasets: await refsOf(subject.batches),
    config: { digest: createHash('sha256').update(subject.configText).digest('hex'), text: subject.configText },
    policy: { digest: subject.policyDigest, fixedAt: startedAt },
    code: code ?? { revision: null, dirty: null, repository: null },
    seed: house.config.seed,
    provider: measured.runtime?.provider ?? 'cpu',
    versions: traceVersions(measured.runtime?.onnxruntime ?? 'not used'),
  };
  const run: Measurements = { schema: 'slipway.run/1', id, startedAt, role, model: { name: config.name, version: version.name, digest: version.digest }, lineage, steps: inOrder(steps.outcomes), batches, history, ...measured, ...shadows, missing: steps.missing, policy };
  const { gates, decision } = judge(policy, evidenceOf(run));
  const report: RunReport = { ...run, gates, decision, finishedAt: now().toISOString() };

  on.signal.throwIfAborted();
  const summary = runSummaryOf(report);
  await store.saveRun(report, summary, subject.evidenceKey);
  on.tell({ kind: 'run-finished', run: summary });
}

function shadowsOf({ shadows }: RunSubject, { missing }: Steps): Pick<RunReport, 'shadows'> {
  if (shadows === null) return {};
  if (Array.isArray(shadows)) return { shadows };
  missing.shadows = shadows.missing;
  return {};
}

/** Curated cases are picked to be hard, so only what their file looks like is held against the reference. */
async function batchReportFor(house: House, data: WorkspaceData, { config, batches }: RunSubject, role: DatasetRole, batch: Batch, steps: Steps, on: On): Promise<BatchReport> {
  const reference = role === 'reference' || role === 'cases' ? null : (batches.reference ?? null);
  return reportBatch(house, data, { batch, reference, target: config.target, drift: role === 'current' }, steps, on);
}

/** Earlier batches of the current dataset and the newest, oldest first, so that a trend can be seen. */
async function historyOf(house: House, data: WorkspaceData, subject: RunSubject, newest: BatchReport | undefined, steps: Steps, on: On): Promise<BatchSummary[]> {
  const summaries: BatchSummary[] = [];
  // Two at a time: one is read while the other is judged, and no more than two lie in memory.
  for (let from = 0; from < subject.earlier.length; from += 2) {
    const pair = subject.earlier.slice(from, from + 2).map(async (batch): Promise<BatchSummary | null> => {
      const report = await steps.attempt('check', batch.name, `history.${batch.name}`, () => batchReportFor(house, data, subject, 'current', batch, steps, on));
      batch.forget();
      return report === null ? null : summaryOf(report, batch);
    });
    for (const summary of await Promise.all(pair)) if (summary !== null) summaries.push(summary);
  }
  return newest === undefined || subject.batches.current === undefined ? summaries : [...summaries, summaryOf(newest, subject.batches.current)];
}

/** Some steps run side by side; the record has them in the order of the story, whichever was done first. */
function inOrder(outcomes: readonly StepOutcome[]): StepOutcome[] {
  return [...outcomes].sort((a, b) => stepNames.indexOf(a.step) - stepNames.indexOf(b.step) || (a.subject ?? '').localeCompare(b.subject ?? '', 'en', { numeric: true }));
}

async function refsOf(batches: RunSubject['batches']): Promise<Lineage['datasets']> {
  const refs: Lineage['datasets'] = {};
  for (const role of ['reference', 'holdout', 'current', 'cases'] as const) {
    const batch = batches[role];
    if (batch !== undefined) refs[role] = await batch.ref();
  }
  return refs;
}

function runSummaryOf(report: RunReport): RunSummary {
  const { id, model, role, startedAt, finishedAt, decision, evaluations, batches } = report;
  const { verdict, sentence, blocking, warnings, counts } = decision;
  const headline: RunSummary['headline'] = {};
  const intervals: RunSummary['intervals'] = {};
  for (const [on, evaluation] of Object.entries(evaluations)) {
    for (const [metric, { value, interval }] of Object.entries(evaluation.metrics)) {
      headline[`${on}.${metric}`] = value;
      if (interval !== undefined) intervals[`${on}.${metric}`] = [interval.low, interval.high];
    }
  }
  return { id, model: model.name, version: model.version, digest: model.digest, role, startedAt, milliseconds: Date.parse(finishedAt) - Date.parse(startedAt), decision: { verdict, sentence, blocking, warnings, counts }, headline, intervals, currentBatch: batches.find((each) => each.role === 'current')?.batch.id ?? null };
}

function isChampion({ champion }: ModelConfig, version: string, digest: string): boolean {
  return champion === version || champion === `sha256:${digest}`;
}

/** The label column of the first model that judges on this dataset. */
function targetFor(config: Config, batch: Batch): string | null {
  return batch.config.target ?? config.models.find(({ datasets }) => Object.values(datasets).includes(batch.config.name))?.target ?? config.models[0]?.target ?? null;
}

function openData({ workspace, config, analysis, digests }: House, on: On): WorkspaceData {
  return openWorkspaceData({ workspace, allow: config.allow, datasets: config.datasets, analysis, digests, signal: on.signal, onProgress: (progress) => on.progress({ ...progress, step: 'profile' }) });
}
