import type { Config, ModelConfig } from '../protocol/config.ts';
import type { Command, Snapshot } from '../protocol/feed.ts';
import type { BatchReport, RunReport } from '../protocol/run.ts';
import type { ReadinessReport, Statement } from '../protocol/workspace.ts';
import { configFile, parseConfig } from './config.ts';
import { contractOf } from './contract-of.ts';
import { builtInGates } from './gates/built-in-gates.ts';
import type { House } from './house.ts';
import { Problem } from './problem.ts';
import { assessReadiness } from './readiness/assess-readiness.ts';
import { checkStatement } from './readiness/check-statement.ts';
import { chooseVersion } from './readiness/choose-version.ts';
import { digestOf } from './report-batch.ts';
import { newestBatch } from './workspace-data.ts';

type Known = Pick<House, 'workspace' | 'config' | 'store' | 'now'>;

/** Whether a model may go into production, from what slipway.yaml says now and what is saved. Nothing is measured for it. */
export async function readinessOf({ workspace, config, store, now }: Known, { models }: Pick<Snapshot, 'models'>, name: string): Promise<ReadinessReport> {
  const model = modelCalled(name, config);
  const versions = models.filter((version) => version.model === name);
  const summary = chooseVersion(versions)?.run ?? null;
  const run = summary === null ? null : await store.readRun(summary.id);
  return assessReadiness({
    model,
    builtInGates,
    versions,
    run,
    settingsChanged: run !== null && (await settingsChanged(run, config, model)),
    current: await newestCurrent(workspace, config, model, store),
    statements: await store.statements(name),
    nowMs: now().getTime(),
  });
}

/** A statement is taken when slipway.yaml asks for it, and from whom it asks for it. */
export async function acceptStatement({ config, store, now }: Known, { kind: _, ...stated }: Extract<Command, { kind: 'state' }>): Promise<Statement> {
  const model = modelCalled(stated.model, config);
  const at = now();
  const refusal = checkStatement(stated, model, at.getTime());
  if (refusal !== null) throw new Problem('statement-refused', refusal);
  const statement: Statement = { ...stated, at: at.toISOString() };
  await store.saveStatement(statement);
  return statement;
}

function modelCalled(name: string, { models }: Config): ModelConfig {
  const model = models.find((each) => each.name === name);
  if (model === undefined) throw new Problem('model-missing', `slipway.yaml has no model ${name}${models.length === 0 ? '' : `; it has ${models.map((each) => each.name).join(', ')}`}`);
  return model;
}

/** The record holds slipway.yaml as it was. One that is no longer understood says nothing about now. */
async function settingsChanged(run: RunReport, config: Config, model: ModelConfig): Promise<boolean> {
  const then = await parseConfig(run.lineage.config.text, { path: configFile });
  if ('problem' in then) return true;
  const modelThen = then.config.models.find(({ name }) => name === model.name);
  return modelThen === undefined || settingsOf(then.config, modelThen) !== settingsOf(config, model);
}

/** What measurements rest on, apart from the bytes of data and models, and apart from where it stands in the file. */
function settingsOf(config: Config, model: ModelConfig): string {
  const { datasets, drift, resources, seed, suggestChecks } = config;
  const used = datasets.filter(({ name }) => Object.values(model.datasets).includes(name));
  return digestOf(withoutLines({ contract: contractOf(model), used, drift, resources, seed, suggestChecks }));
}

function withoutLines(value: object): unknown {
  return JSON.parse(JSON.stringify(value, (key, entry: unknown) => (key === 'line' ? undefined : entry)));
}

async function newestCurrent(workspace: string, config: Config, model: ModelConfig, store: House['store']): Promise<{ files: string[]; report: BatchReport | null } | null> {
  const dataset = config.datasets.find(({ name }) => name === model.datasets.current);
  const newest = dataset === undefined ? null : await newestBatch(dataset, workspace, config.allow);
  if (newest === null) return null;
  for (const { id } of await store.batches({ dataset: newest.name, limit: 20 })) {
    const report = await store.readBatch(id);
    // The same file may have been held against something else by hand.
    if ((report.dataQuality.reference?.name ?? null) === model.datasets.reference) return { files: newest.files, report };
  }
  return { files: newest.files, report: null };
}
