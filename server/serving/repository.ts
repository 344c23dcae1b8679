import type { ServedModelStatus } from '../../protocol/serving.ts';
import { Problem } from '../problem.ts';
import { serveVersion, type ServedVersion, type ServedWatch, type ServingSettings, type VersionToServe } from './served-version.ts';
import { openStatistics, type Statistics } from './statistics.ts';

export interface IndexEntry {
  name: string;
  version?: string;
  state: 'READY' | 'LOADING' | 'UNAVAILABLE';
  reason: string;
}

/**
 * Everything that is served, by model and version. A version whose file has changed is served in its old form until the
 * new one is ready, and the old one is kept warm for a while after that, so that going back takes no loading.
 */
export interface Repository {
  /** What lies in the workspace now. Versions that are new are loaded, those that are gone are drained. */
  sync(versions: readonly VersionToServe[]): Promise<void>;
  /** Loads everything the workspace has of a model that was unloaded, and waits until it is ready. @throws Problem `not-ready` with the reason */
  load(model: string): Promise<void>;
  /** Answers what was taken, then serves the model no more until it is loaded again. */
  unload(model: string): Promise<void>;
  models(): string[];
  versions(model: string): ServedVersion[];
  /** By name, by digest (`sha256:…`), or by the number that stands for it. @throws Problem `model-not-served` */
  find(model: string, version: string): ServedVersion;
  aliasOf(served: ServedVersion): number;
  index(): IndexEntry[];
  status(model: string): ServedModelStatus['versions'];
  /** Of everything that was ever served here, so that no counter goes back when a file changes or a version goes. */
  statistics(): { model: string; version: string; statistics: Statistics }[];
  /** Goes back to the bytes a version had before its file changed, while they are warm. False when there are none. */
  restore(model: string, version: string): Promise<boolean>;
  close(): Promise<void>;
}

interface Slot {
  serving: ServedVersion;
  /** What served under this name before, still loaded. */
  before: { served: ServedVersion; forget: () => void } | null;
  /** What will serve once it is ready. */
  next: ServedVersion | null;
  /** Digest of a file that somebody went back from: it does not come again until it is another. */
  leftBehind: string | null;
}

interface Model {
  known: VersionToServe[];
  unloaded: boolean;
  slots: Map<string, Slot>;
}

const keepWarmMsDefault = 10 * 60_000;

export interface RepositoryOptions {
  settings: ServingSettings;
  clock: Parameters<typeof serveVersion>[2];
  now: () => number;
  /** Told when a state has changed. */
  onChange: () => void;
  onBatch?: ServedWatch['onBatch'];
  keepWarmMs?: number;
}

export function openRepository({ settings, clock, now, onChange, onBatch, keepWarmMs = keepWarmMsDefault }: RepositoryOptions): Repository {
  const models = new Map<string, Model>();
  const draining = new Set<Promise<void>>();
  const counted = new Map<string, { model: string; version: string; statistics: Statistics }>();

  function serve(version: VersionToServe): ServedVersion {
    const served = serveVersion(version, settings, clock, { statistics: statisticsOf(version), onBatch });
    void served.settled.then(onChange);
    return served;
  }

  function statisticsOf({ model, version }: VersionToServe): Statistics {
    const key = JSON.stringify([model, version]);
    const kept = counted.get(key) ?? { model, version, statistics: openStatistics(now) };
    counted.set(key, kept);
    return kept.statistics;
  }

  function retire(served: ServedVersion): void {
    const ended: Promise<void> = served.drain().finally(() => draining.delete(ended));
    draining.add(ended);
  }

  function begin(model: Model, version: VersionToServe): void {
    const slot = model.slots.get(version.version);
    if (slot === undefined) {
      model.slots.set(version.version, { serving: serve(version), before: null, next: null, leftBehind: null });
      return;
    }
    if (slot.serving.about.digest === version.digest) {
      // The file is again what is served: what was on its way is not wanted.
      if (slot.next !== null) retire(slot.next);
      slot.next = null;
      return;
    }
    if (slot.next?.about.digest === version.digest || slot.leftBehind === version.digest) return;
    slot.leftBehind = null;
    if (slot.next !== null) retire(slot.next);
    const next = (slot.next = serve(version));
    void next.settled.then(() => {
      if (slot.next !== next) return;
      // What cannot be loaded does not take the place of what works.
      if (next.state !== 'ready' && slot.serving.state === 'ready') return;
      slot.next = null;
      exchange(slot, next);
      onChange();
    });
  }

  function exchange(slot: Slot, served: ServedVersion): void {
    if (slot.before !== null && slot.before.served !== served) {
      slot.before.forget();
      retire(slot.before.served);
    }
    slot.before?.forget();
    const old = slot.serving;
    slot.serving = served;
    const timer = setTimeout(() => {
      slot.before = null;
      retire(old);
    }, keepWarmMs).unref();
    slot.before = { served: old, forget: () => clearTimeout(timer) };
  }

  function end(slot: Slot): void {
    slot.before?.forget();
    for (const each of [slot.serving, slot.before?.served, slot.next]) if (each !== undefined && each !== null) retire(each);
  }

  function known(name: string): Model {
    const model = models.get(name);
    if (model === undefined) throw notServed(name, `there are ${[...models.keys()].join(', ') || 'no models'}`);
    return model;
  }

  /** A number in a version's name where no other has it, in the order of names; else the next that is free. */
  function aliases(model: Model): Map<string, number> {
    const names = model.known.map(({ version }) => version).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    const numberIn = (name: string): number | null => (/^\D*(\d{1,9})$/.test(name) ? Number(/(\d+)$/.exec(name)?.[1]) : null);
    const taken = new Map<number, string>();
    for (const name of names) {
      const number = numberIn(name);
      if (number !== null && number > 0 && !taken.has(number)) taken.set(number, name);
    }
    const found = new Map([...taken].map(([number, name]) => [name, number]));
    let free = 1;
    for (const name of names) {
      if (found.has(name)) continue;
      while (taken.has(free)) free++;
      taken.set(free, name);
      found.set(name, free);
    }
    return found;
  }

  const repository: Repository = {
    async sync(versions) {
      const byModel = new Map<string, VersionToServe[]>();
      for (const version of versions) byModel.set(version.model, [...(byModel.get(version.model) ?? []), version]);
      for (const [name, model] of models) {
        if (byModel.has(name)) continue;
        for (const slot of model.slots.values()) end(slot);
        models.delete(name);
      }
      for (const [name, there] of byModel) {
        const model = models.get(name) ?? { known: [], unloaded: false, slots: new Map<string, Slot>() };
        models.set(name, model);
        model.known = there;
        if (model.unloaded) continue;
        for (const [version, slot] of model.slots) {
          if (there.some((each) => each.version === version)) continue;
          model.slots.delete(version);
          end(slot);
        }
        for (const version of there) begin(model, version);
      }
      onChange();
    },

    async load(name) {
      const model = known(name);
      model.unloaded = false;
      for (const [version, slot] of model.slots) {
        // Asked for again, what could not be loaded is tried again.
        if (slot.serving.state !== 'unavailable') continue;
        model.slots.delete(version);
        end(slot);
      }
      for (const version of model.known) begin(model, version);
      onChange();
      const loading = [...model.slots.values()].map(({ serving }) => serving);
      await Promise.all(loading.map(({ settled }) => settled));
      const failed = loading.find(({ state }) => state !== 'ready');
      if (failed !== undefined) failed.model();
    },

    async unload(name) {
      const model = known(name);
      model.unloaded = true;
      const ending = [...model.slots.values()];
      model.slots.clear();
      for (const slot of ending) end(slot);
      onChange();
    },

    models: () => [...models.keys()],
    versions: (name) => [...known(name).slots.values()].map(({ serving }) => serving),

    find(name, version) {
      const model = known(name);
      const exact = model.slots.get(version);
      if (exact !== undefined) return exact.serving;
      for (const [each, alias] of aliases(model)) {
        const slot = model.slots.get(each);
        if (slot !== undefined && (String(alias) === version || `sha256:${slot.serving.about.digest}` === version)) return slot.serving;
      }
      throw notServed(`${name} ${version}`, model.unloaded ? 'the model was unloaded' : `${name} has ${[...model.slots.keys()].join(', ') || 'no versions'}`);
    },

    aliasOf: ({ about }) => aliases(known(about.model)).get(about.version) ?? 0,

    index() {
      return [...models].flatMap(([name, model]): IndexEntry[] =>
        model.known.map(({ version }) => {
          const served = model.slots.get(version)?.serving;
          if (served === undefined) return { name, version, state: 'UNAVAILABLE', reason: 'unloaded' };
          const { reason } = served.status(0);
          return { name, version, state: served.state === 'ready' ? 'READY' : served.state === 'loading' ? 'LOADING' : 'UNAVAILABLE', reason };
        }),
      );
    },

    status(name) {
      const model = known(name);
      const numbers = aliases(model);
      return [...model.slots].map(([version, { serving }]) => serving.status(numbers.get(version) ?? 0));
    },

    statistics: () => [...counted.values()],

    async restore(name, version) {
      const slot = known(name).slots.get(version);
      if (slot?.before == null) return false;
      slot.leftBehind = slot.serving.about.digest;
      exchange(slot, slot.before.served);
      onChange();
      return true;
    },

    async close() {
      for (const model of models.values()) {
        for (const slot of model.slots.values()) {
          slot.before?.forget();
          for (const each of [slot.serving, slot.before?.served, slot.next]) if (each != null) draining.add(each.close());
        }
      }
      models.clear();
      await Promise.allSettled([...draining]);
    },
  };
  return repository;
}

function notServed(what: string, why: string): Problem {
  return new Problem('model-not-served', `${what} is not served: ${why}`);
}
