import type { ActiveWork, FeedMessage, ModelVersionSummary, RefusedFile, Snapshot } from './feed.ts';
import type { RunSummary } from './run.ts';

const summariesMax = 100;

/** The snapshot after a message. The same object where the message changes nothing, so that nobody draws again for it. */
export function followSnapshot(snapshot: Snapshot, message: FeedMessage): Snapshot {
  switch (message.kind) {
    case 'snapshot':
      return message.snapshot;
    case 'work-started':
      return { ...snapshot, active: [...snapshot.active.filter(({ work }) => work !== message.work), { work: message.work, command: message.command, run: null, progress: null }] };
    case 'work-finished':
      return { ...snapshot, active: snapshot.active.filter(({ work }) => work !== message.work) };
    case 'model-seen':
      return { ...snapshot, models: withVersion(snapshot.models, message.version), refused: snapshot.refused.filter(({ path }) => path !== message.version.path) };
    case 'model-refused':
      return { ...snapshot, refused: withFile(snapshot.refused, message.file) };
    case 'run-started':
      return withActive(snapshot, message.work, { run: { id: message.run, model: message.model, version: message.version }, progress: null });
    case 'progress':
      return withActive(snapshot, message.progress.work, { progress: message.progress });
    case 'config-changed':
      return { ...snapshot, problem: message.problem };
    case 'serving-changed':
      return { ...snapshot, serving: message.serving };
    case 'run-finished':
    case 'run-kept':
      return { ...withActive(snapshot, message.work, { run: null, progress: null }), models: snapshot.models.map((version) => judgedBy(version, message.run)), runs: newestFirst(snapshot.runs, message.run) };
    case 'batch-checked':
      return { ...snapshot, batches: newestFirst(snapshot.batches, message.batch) };
    case 'hello':
    case 'step':
    case 'was-set-up':
    case 'stated':
    case 'shadow-changed':
    case 'live':
    case 'problem':
      return snapshot;
  }
}

function withActive(snapshot: Snapshot, work: string, change: Partial<ActiveWork>): Snapshot {
  if (!snapshot.active.some((each) => each.work === work)) return snapshot;
  return { ...snapshot, active: snapshot.active.map((each) => (each.work === work ? { ...each, ...change } : each)) };
}

function withVersion(models: ModelVersionSummary[], seen: ModelVersionSummary): ModelVersionSummary[] {
  const known = models.some(({ model, version }) => model === seen.model && version === seen.version);
  return known ? models.map((version) => (version.model === seen.model && version.version === seen.version ? seen : version)) : [...models, seen];
}

function withFile(refused: RefusedFile[], file: RefusedFile): RefusedFile[] {
  return [...refused.filter(({ path }) => path !== file.path), file];
}

function judgedBy(version: ModelVersionSummary, run: RunSummary): ModelVersionSummary {
  return version.model === run.model && version.digest === run.digest ? { ...version, run } : version;
}

function newestFirst<T extends { id: string }>(summaries: T[], summary: T): T[] {
  return [summary, ...summaries.filter(({ id }) => id !== summary.id)].slice(0, summariesMax);
}
