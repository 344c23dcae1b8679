import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../protocol/config.ts';
import type { RouteStatus } from '../protocol/serving.ts';
import type { ShadowIntent, ShadowRecord, ShadowSide, ShadowSummary } from '../protocol/shadow.ts';
import type { KnownRows } from './answer-rows.ts';
import { writeDurably } from './engines/durable-file.ts';
import { matchInputs } from './predict.ts';
import type { Clock } from './serving/batcher.ts';
import type { Repository } from './serving/repository.ts';
import type { ServedVersion } from './serving/served-version.ts';
import { openShadowComparison, type ComparedSide, type ShadowComparison } from './shadow-comparison.ts';
import { openMirror, type Mirror, type MirrorCounts, type MirroredPair, type MirroredRequest, type ShadowAnswer } from './shadow/mirror.ts';
import { noiseSampleDefault } from './shadow/noise-sample.ts';
import { createRandom } from './stats/random.ts';
import type { Store } from './store/open-store.ts';

/** The shadows of what is served: whom they are compared with, and what came of it. */
export interface LiveShadows {
  /** After versions or routes have changed: begins the comparisons there are now, and ends and saves the others. */
  sync(): void;
  /** To be called when production's reply has been written. Nothing that happens in a shadow comes back here. */
  take(request: MirroredRequest, production: ServedVersion, shadows: readonly string[]): void;
  /** Those that are under way, newest first. */
  summaries(): ShadowSummary[];
  /** Null where no such comparison is under way. */
  record(id: string): ShadowRecord | null;
  /** Since it was opened, of each two versions. */
  counts(): LiveShadowCounts[];
  /** Ends and saves all that is under way. */
  close(): Promise<void>;
}

export interface LiveShadowCounts {
  model: string;
  production: string;
  candidate: string;
  pairs: number;
  disagreements: number;
  repeats: number;
  noise: number;
  dropped: Readonly<Record<string, number>>;
}

export interface LiveShadowsParts {
  /** `.slipway/shadows`: what is under way, as it was when it was last written down. */
  folder: string;
  config: () => Config;
  repository: Pick<Repository, 'models' | 'versions'>;
  routeOf: (model: string) => RouteStatus | { reason: string };
  rowsOf: (model: string) => Promise<KnownRows>;
  precisionOf: (digest: string) => ShadowSide['precision'];
  store: Pick<Store, 'saveShadow'>;
  clock: Clock;
  now: () => Date;
  onChange: (summary: ShadowSummary) => void;
  onBug: (error: unknown) => void;
}

/** How often a change is told; and how often it is written down, after the first time: what is newer a kill can take. */
const tellMs = 1_000;
const writeMs = 30_000;

interface Live {
  model: string;
  production: ServedVersion;
  candidate: ServedVersion;
  mirror: Mirror;
  /** Null until the data were looked at for what answers mean. */
  comparison: ShadowComparison | null;
  id: string;
  /** Rows that came before that. */
  early: number;
  /** Drops that the comparison has been told of. */
  told: Map<string, number>;
  changed: boolean;
  unwritten: boolean;
  /** Of the monotonic clock; null: not yet. */
  writtenUs: number | null;
}

const shadowName = 'shadow';

export function openLiveShadows(parts: LiveShadowsParts): LiveShadows {
  const { folder, config, repository, routeOf, store, clock, now, onChange, onBug } = parts;
  const live = new Map<string, Live>();
  const ended: LiveShadowCounts[] = [];
  let saving: Promise<void> = Promise.resolve();
  const telling = setInterval(tell, tellMs).unref();

  function wanted(): Map<string, { model: string; production: ServedVersion; candidate: ServedVersion; share: number; intent: ShadowIntent }> {
    const found = new Map<string, { model: string; production: ServedVersion; candidate: ServedVersion; share: number; intent: ShadowIntent }>();
    for (const model of repository.models()) {
      const route = routeOf(model);
      if ('reason' in route) continue;
      const versions = new Map(repository.versions(model).map((served) => [served.about.version, served]));
      const answering = new Set([...route.weights.filter(({ share }) => share > 0).map(({ version }) => version), ...(route.weights.length === 0 ? [route.champion] : [])]);
      for (const { version, share, intent } of route.shadows) {
        const candidate = versions.get(version);
        for (const name of answering) {
          const production = versions.get(name);
          if (candidate === undefined || production === undefined || candidate === production || candidate.state !== 'ready' || production.state !== 'ready') continue;
          found.set(keyOf(model, production, candidate, intent), { model, production, candidate, share, intent });
        }
      }
    }
    return found;
  }

  function sync(): void {
    const now = wanted();
    for (const [key, each] of live) {
      if (now.has(key)) continue;
      live.delete(key);
      end(each);
    }
    for (const [key, each] of now) if (!live.has(key)) live.set(key, begin(each));
  }

  function begin({ model, production, candidate, share, intent }: { model: string; production: ServedVersion; candidate: ServedVersion; share: number; intent: ShadowIntent }): Live {
    const { serving } = config();
    const each: Live = {
      model,
      production,
      candidate,
      id: `s-${now().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}-${randomBytes(3).toString('hex')}`,
      mirror: openMirror({
        shadows: new Map([[shadowName, candidate]]),
        waitingRowsMax: serving.shadow.queueRows,
        waitingBytesMax: serving.shadow.queueMb * 1e6,
        concurrency: serving.shadow.concurrency,
        noise: { ...noiseSampleDefault, share: serving.shadow.noise },
        clock,
        onPair: (_, pair) => addPair(each, pair),
        onRepeat: (_, { pair, how, again }) => {
          each.comparison?.repeat({ how, rows: pair.request.rows, production: pair.request.production.outputs, candidate: pair.candidate?.outputs ?? null, again });
          each.changed = true;
        },
      }),
      comparison: null,
      early: 0,
      told: new Map(),
      changed: false,
      unwritten: false,
      writtenUs: null,
    };
    openComparison(each, share, intent).then((comparison) => {
      each.comparison = comparison;
      if (each.early > 0) comparison.dropped('came before the data were looked at', each.early);
      each.changed = true;
    }, onBug);
    return each;
  }

  async function openComparison({ id, model: name, production, candidate }: Live, share: number, intent: ShadowIntent): Promise<ShadowComparison> {
    const { models, serving, seed } = config();
    const model = models.find((each) => each.name === name);
    if (model === undefined) throw new Error(`${name} is served and not in slipway.yaml`);
    const known = await parts.rowsOf(name);
    const hosted = production.model();
    const columns = new Map(Object.entries(matchInputs(hosted.inputs, model, { name: 'the data', columns: known.features.map((feature) => ({ name: feature })) }, known.features)).filter(([, own]) => own.length > 0));
    const drawn = createRandom(seed);
    return openShadowComparison({
      id,
      config: model,
      production: sideOf(production, parts.precisionOf),
      candidate: sideOf(candidate, parts.precisionOf),
      source: { kind: 'live', sampling: share },
      options: { intent },
      labels: known.labels,
      pairs: { inputs: serving.log.inputs === 'all' ? 'all' : 'none', redact: serving.log.redact, elementNames: columns },
      columnNames: columns,
      random: () => drawn.uniform(),
      now,
    });
  }

  function addPair(each: Live, { request, candidate, error }: MirroredPair): void {
    if (each.comparison === null) {
      each.early += request.rows;
      return;
    }
    each.comparison.add({
      atMs: request.atMs,
      references: Array.from({ length: request.rows }, (_, row) => ({ id: request.requestId, row })),
      inputs: request.inputs,
      production: { outputs: request.production.outputs, error: null, totalMs: computedMs(request.production) },
      candidate: { outputs: candidate?.outputs ?? null, error, totalMs: candidate === null ? null : computedMs(candidate) },
    });
    each.changed = true;
  }

  /** What the mirror dropped is told to the comparison, each row once. True when there was any. */
  function account({ mirror, comparison, told }: Live): boolean {
    let any = false;
    for (const [reason, rows] of Object.entries(mirror.counts(shadowName).dropped)) {
      const before = told.get(reason) ?? 0;
      // Before there is a comparison nobody can be told.
      if (rows === before || comparison === null) continue;
      comparison.dropped(dropTexts[reason as keyof typeof dropTexts], rows - before);
      told.set(reason, rows);
      any = true;
    }
    return any;
  }

  function tell(): void {
    for (const each of live.values()) {
      if (each.comparison === null) continue;
      if (account(each)) each.changed = true;
      if (each.changed) {
        each.changed = false;
        each.unwritten = true;
        onChange(each.comparison.summary());
      }
      if (each.unwritten && (each.writtenUs === null || clock.nowUs() - each.writtenUs >= writeMs * 1000)) write(each, each.comparison);
    }
  }

  function write(each: Live, comparison: ShadowComparison): void {
    each.unwritten = false;
    each.writtenUs = clock.nowUs();
    const record = comparison.record(false);
    saving = saving.then(async () => {
      if (![...live.values()].includes(each)) return;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeDurably(join(folder, `${each.id}.json`), JSON.stringify(record), 0o600);
    }).catch(onBug);
  }

  function end(each: Live): void {
    each.mirror.close();
    account(each);
    ended.push(countsOf(each));
    const { comparison } = each;
    if (comparison === null || comparison.counts().compared === 0) return;
    const record = comparison.record(true);
    saving = saving.then(async () => {
      await store.saveShadow(record);
      await rm(join(folder, `${each.id}.json`), { force: true });
      onChange(record.summary);
    }).catch(onBug);
  }

  return {
    sync,
    take(request, production, shadows) {
      for (const each of live.values()) {
        if (each.production !== production || !shadows.includes(each.candidate.about.version)) continue;
        each.mirror.take(request, [shadowName], production);
        each.changed = true;
      }
    },
    summaries: () => [...live.values()].flatMap(({ comparison }) => comparison?.summary() ?? []).reverse(),
    record(id) {
      const each = [...live.values()].find((one) => one.id === id);
      if (each?.comparison == null) return null;
      account(each);
      return each.comparison.record(false);
    },
    counts: () => summed([...ended, ...[...live.values()].map(countsOf)]),
    async close() {
      clearInterval(telling);
      for (const each of live.values()) end(each);
      live.clear();
      await saving;
    },
  };
}

/** What was under way when a process was killed, as it was last written down: it ended there. */
export async function saveLeftShadows(folder: string, store: Pick<Store, 'saveShadow'>, onBug: (error: unknown) => void): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    if (name.endsWith('.tmp')) await rm(path, { force: true });
    if (!name.endsWith('.json')) continue;
    const record = await readFile(path, 'utf8').then((text) => JSON.parse(text) as ShadowRecord).catch((error: unknown) => {
      onBug(error);
      return null;
    });
    // What cannot be read stays for somebody to look at, and keeps nothing from being served.
    if (record === null) {
      await rename(path, `${path}.unreadable`);
      continue;
    }
    const { summary, report } = record;
    const open = report.verdict === 'keep-going';
    const verdict = open ? 'inconclusive' : report.verdict;
    await store.saveShadow({ ...record, report: { ...report, verdict, source: { ...report.source, ended: true } }, summary: { ...summary, verdict, endedAt: report.source.to ?? summary.startedAt } });
    await rm(path, { force: true });
  }
}

const dropTexts = { 'queue-full': 'queue full', deadline: 'the shadow took too long', error: 'comparison failed', stopped: 'the shadow was stopped' };

function keyOf(model: string, production: ServedVersion, candidate: ServedVersion, intent: ShadowIntent): string {
  return JSON.stringify([model, production.about.version, production.about.digest, candidate.about.version, candidate.about.digest, intent]);
}

function sideOf(served: ServedVersion, precisionOf: (digest: string) => ShadowSide['precision']): ComparedSide {
  const { model, version, digest } = served.about;
  const hosted = served.model();
  return { name: `${model} ${version}`, version, digest, provider: hosted.provider, precision: precisionOf(digest), model: hosted };
}

/** Time in the model: how long either waited says more of how they are scheduled. What was kept took none. */
function computedMs({ computeUs }: ShadowAnswer): number | null {
  return computeUs > 0 ? computeUs / 1000 : null;
}

function countsOf({ model, production, candidate, mirror, comparison, early }: Live): LiveShadowCounts {
  const { dropped } = mirror.counts(shadowName) satisfies MirrorCounts;
  const { compared, differ, repeats, noise } = comparison?.counts() ?? { compared: 0, differ: 0, repeats: 0, noise: 0 };
  return { model, production: production.about.version, candidate: candidate.about.version, pairs: compared, disagreements: differ, repeats, noise, dropped: { ...dropped, early } };
}

function summed(all: readonly LiveShadowCounts[]): LiveShadowCounts[] {
  const byVersions = new Map<string, LiveShadowCounts>();
  for (const each of all) {
    const key = JSON.stringify([each.model, each.production, each.candidate]);
    const before = byVersions.get(key);
    if (before === undefined) {
      byVersions.set(key, each);
      continue;
    }
    const dropped = Object.fromEntries([...new Set([...Object.keys(before.dropped), ...Object.keys(each.dropped)])].map((reason) => [reason, (before.dropped[reason] ?? 0) + (each.dropped[reason] ?? 0)]));
    byVersions.set(key, { ...each, pairs: before.pairs + each.pairs, disagreements: before.disagreements + each.disagreements, repeats: before.repeats + each.repeats, noise: before.noise + each.noise, dropped });
  }
  return [...byVersions.values()];
}
