import { readFile, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Config, ConfigIssue, ModelConfig } from '../protocol/config.ts';
import { checkColumns } from './config/check-columns.ts';
import { checkAllowed, checkFiles } from './config/check-files.ts';
import { type Complain, type Complaint, explainMisfits } from './config/explain.ts';
import { resolveCheck } from './config/resolve-checks.ts';
import { resolveGates } from './config/resolve-gates.ts';
import { resolveDataset, resolveModel } from './config/resolve-models.ts';
import { resolveReadiness } from './config/resolve-readiness.ts';
import { config as configSchema, drift as driftSchema, readableConfig, resources as resourcesSchema, serving as servingSchema } from './config/schema.ts';
import { nearest } from './config/spelling.ts';
import { type KeyPath, type YamlSource, readYaml } from './config/yaml-source.ts';
import { Problem } from './problem.ts';
import { findModels } from './registry/find-models.ts';

export const configFile = 'slipway.yaml';

export type ParsedConfig = { config: Config; warnings: ConfigIssue[] } | { problem: Problem };

export interface ParseOptions {
  /** What to call the file in messages. */
  path: string;
  /** Where the files are that it names; without it they are not looked for. */
  workspace?: string;
  /** Columns by dataset, as far as they are known. */
  columns?: ReadonlyMap<string, readonly string[]>;
}

/** The config of a workspace. */
export async function loadConfig(workspace: string): Promise<Config> {
  const file = join(workspace, configFile);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Problem(missing ? 'config-missing' : 'file-unreadable', missing ? `There is no ${configFile} in ${workspace}` : `${configFile} cannot be read`, { cause: error, where: { path: file } });
  });
  const parsed = await parseConfig(text, { path: configFile, workspace });
  if ('problem' in parsed) throw parsed.problem;
  return parsed.config;
}

/** The text of a slipway.yaml as a config, or all that is wrong with it at once. */
export async function parseConfig(text: string, options: ParseOptions): Promise<ParsedConfig> {
  const source = readYaml(text);
  const complaints: Complaint[] = [];
  const complain: Complain = (key, message, notes = {}) => complaints.push({ key, message, part: 'value', severity: 'error', ...notes });
  if (source.broken) return { problem: problemOf('config-syntax', placed(source, [], options.path)) };
  const empty = source.value === null && source.faults.length === 0;
  if (empty) complain([], 'the file is empty; run `slipway init` to fill it');
  const fits = !empty && explainMisfits(configSchema, source, complain);

  const config = await resolveConfig(source, options, complain);
  const issues = placed(source, complaints, options.path);
  if (issues.some(({ severity }) => severity === 'error')) return { problem: problemOf('config-invalid', issues) };
  if (!fits) throw new Error('slipway.yaml does not fit its schema, and nobody said why');
  return { config, warnings: issues };
}

/** Says what it can of a config that does not fit the schema: each model, dataset, check and gate that does is looked at. */
async function resolveConfig(source: YamlSource, { workspace, columns }: ParseOptions, complain: Complain): Promise<Config> {
  const written = readableConfig.parse(isKeys(source.value) ? source.value : {});
  const lineOf = (at: KeyPath) => source.locate(at, 'key').line;
  const drift = written.drift ?? driftSchema.parse({});
  const { trace, log, ...serving } = written.serving ?? servingSchema.parse({});
  const datasetNames = Object.keys(written.datasets);
  const datasets = Object.entries(written.datasets).flatMap(([name, spec]) => (spec === null ? [] : [resolveDataset(name, spec, lineOf, complain)]));

  const [checkSpecs, checksAt, suggestChecks]: [typeof written.checks & unknown[], KeyPath, boolean] = Array.isArray(written.checks) ? [written.checks, ['checks'], true] : [written.checks.rules, ['checks', 'rules'], written.checks.suggest];
  for (const [index, spec] of checkSpecs.entries()) {
    if (spec === null) continue;
    const at = [...checksAt, index];
    const checked = datasetNames.map((name) => ({ name, key: datasets.find((dataset) => dataset.name === name)?.key ?? [] }));
    const byDataset = resolveCheck(spec, at, lineOf(at), checked, complain);
    for (const dataset of datasets) dataset.checks.push(...(byDataset.get(dataset.name) ?? []));
  }

  const models = Object.entries(written.models).flatMap(([name, spec]): ModelConfig[] => {
    if (spec === null) return [];
    const model = resolveModel(name, spec, datasetNames, lineOf, complain);
    const [specs, at]: [typeof spec.gates, KeyPath] = spec.gates === undefined ? [written.gates, ['gates']] : [spec.gates, ['models', name, 'gates']];
    const gates = specs === undefined ? null : resolveGates(specs, at, { model, drift, lineOf, complain });
    const [criteria, criteriaAt]: [typeof written.readiness, KeyPath] = spec.readiness === undefined ? [written.readiness, ['readiness']] : [spec.readiness, ['models', name, 'readiness']];
    return [{ ...model, gates, readiness: resolveReadiness(criteria, criteriaAt, { model: { name, gates }, lineOf, complain }) }];
  });

  const config: Config = {
    version: 1,
    seed: written.seed ?? 1,
    models,
    datasets,
    suggestChecks,
    drift: {
      alpha: drift.alpha,
      floors: drift.floors,
      columnFloors: Object.entries(drift.columns).map(([column, floor]) => ({ column, floor })),
      include: drift.include,
      exclude: drift.exclude,
      multivariate: drift.multivariate,
    },
    resources: { threads: null, ...(written.resources ?? resourcesSchema.parse({})) },
    serving: { ...serving, log: { slowMs: null, ...log }, trace: { endpoint: null, ...trace } },
    allow: written.allow,
  };
  if (columns !== undefined) checkColumns(config, columns, complain);
  if (workspace !== undefined) {
    const disk = { workspace: await realpath(resolve(workspace)), platform: process.platform };
    const allow = await checkAllowed(written.allow, disk, complain);
    config.allow = allow;
    await checkFiles(written, allow, disk, complain);
    for (const model of models) await checkVersions(model, disk.workspace, allow, complain);
  }
  return config;
}

/** A version given by name must be one of those there are, as soon as there are any. */
async function checkVersions({ name, champion, route, files, predictions }: ModelConfig, workspace: string, allow: readonly string[], complain: Complain): Promise<void> {
  const named: { version: string; at: KeyPath; part?: 'key' }[] = [
    ...(champion === null ? [] : [{ version: champion, at: ['champion'] }]),
    ...(route.weights ?? []).map(({ version }) => ({ version, at: ['route', 'weights', version], part: 'key' as const })),
    ...route.shadows.map(({ version }) => ({ version, at: ['route', 'shadows', version], part: 'key' as const })),
  ].filter(({ version }) => !version.startsWith('sha256:'));
  if (named.length === 0) return;
  const found = await findModels(name, files, workspace, allow).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'path-outside-workspace') return [];
    throw error;
  });
  const versions = [...predictions.map(({ version }) => version), ...found.map(({ version }) => version)];
  for (const { version, at, part } of named) {
    if (versions.length === 0 || versions.includes(version)) continue;
    const meant = nearest(version, versions);
    complain(['models', name, ...at], `\`${name}\` has no version \`${version}\`${meant === undefined ? `; there are ${versions.slice(0, 10).join(', ')}` : `; did you mean \`${meant}\`?`}`, { ...(part === undefined ? {} : { part }), ...(meant === undefined ? {} : { suggestion: meant }) });
  }
}

/** Complaints with their places, each once, in the order of the file. */
function placed(source: YamlSource, complaints: readonly Complaint[], path: string): ConfigIssue[] {
  const faulty = new Set(source.faults.map(({ key }) => keyText(key)));
  const issues = [
    ...source.faults.map(({ key, ...fault }): ConfigIssue => ({ path, ...fault, key: keyText(key), severity: 'error' })),
    ...complaints.filter(({ key }) => key.length === 0 || !faulty.has(keyText(key))).map(({ key, part, message, suggestion, severity }): ConfigIssue => ({ path, ...source.locate(key, part), key: keyText(key), message, ...(suggestion === undefined ? {} : { suggestion }), severity })),
  ];
  const once = new Map(issues.map((issue) => [`${issue.line}:${issue.column}:${issue.message}`, issue]));
  return [...once.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

/** `models.flight-delay.slices[2]`. */
function keyText(key: KeyPath): string {
  return key.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

function problemOf(code: 'config-invalid' | 'config-syntax', issues: ConfigIssue[]): Problem {
  const errors = issues.filter(({ severity }) => severity === 'error');
  const { path, line, column } = errors[0];
  return new Problem(code, `${path} has ${errors.length === 1 ? 'an error' : `${errors.length} errors`}`, { where: { path, line, column }, issues });
}

function isKeys(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
