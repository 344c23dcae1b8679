import { product, type TensorMap } from './engines/tensor.ts';
import { sliceRows } from './engines/join-tensors.ts';
import type { Afterwards, Answer, Call, Ended } from './inference.ts';
import type { LiveShadows } from './live-shadows.ts';
import type { PredictionLog, PredictionRecorder } from './serving/prediction-log.ts';
import type { ServedVersion } from './serving/served-version.ts';

interface AfterwardsParts {
  /** Null: nothing is recorded. */
  log: PredictionLog | null;
  shadows: Pick<LiveShadows, 'take'>;
  onBug: (error: unknown) => void;
}

/**
 * What becomes of a request once its reply has gone: log → mirror. Neither may hold up a reply or spoil it, so what goes wrong
 * here is told as a bug and not to the caller.
 */
export function openAfterwards({ log, shadows, onBug }: AfterwardsParts): Afterwards & { /** Ends what is kept for versions that are gone. */ sync(): void } {
  const recorders = new Map<ServedVersion, PredictionRecorder>();

  function recorderOf(served: ServedVersion): PredictionRecorder | null {
    if (log === null) return null;
    const known = recorders.get(served);
    if (known !== undefined || served.state !== 'ready') return known ?? null;
    const { model, version, digest } = served.about;
    const hosted = served.model();
    const recorder = log.recorder({ model, version, digest, provider: hosted.provider, signature: served.signature(), byRow: hosted.batch.axis === 0, classes: hosted.classes?.labels ?? null });
    recorders.set(served, recorder);
    return recorder;
  }

  function guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      onBug(error);
    }
  }

  const aboutOf = ({ atMs, caller, traceId, totalUs }: Ended): { atMs: number; caller: string | null; traceId: string | null; totalUs: number; source: 'live' } => ({ atMs, caller, traceId, totalUs, source: 'live' });

  return {
    answered({ headers, answers, ...request }) {
      const { call } = request;
      for (const [index, answer] of answers.entries()) {
        const { rows, queueUs, computeUs, batchRows } = answer;
        const requestId = idOf(call, index);
        const inputs = ofRows(answer.inputs, rows);
        const outputs = ofRows(answer.outputs, rows);
        guarded(() => recorderOf(call.served)?.record({ ...aboutOf(request), requestId, rows, inputs, outputs, queueUs, computeUs, batchRows, error: null }));
        if (call.shadows.length === 0) continue;
        guarded(() => shadows.take({ requestId, traceId: request.traceId, atMs: request.atMs, headers, inputs, rows, wanted: null, production: { version: call.served.about.version, outputs, queueUs, computeUs, batchRows, totalUs: request.totalUs } }, call.served, call.shadows));
      }
    },
    failed({ rows, error, ...request }) {
      guarded(() => recorderOf(request.call.served)?.record({ ...aboutOf(request), requestId: request.call.requestId, rows: Math.max(1, rows), inputs: null, outputs: null, queueUs: 0, computeUs: 0, batchRows: 0, error }));
    },
    sync() {
      for (const [served, recorder] of recorders) {
        if (served.state === 'ready') continue;
        recorder.end();
        recorders.delete(served);
      }
    },
  };
}

/** A request that took several runs has one name for each: `id/2` is its second. */
function idOf({ requestId }: Call, index: number): string {
  return index === 0 ? requestId : `${requestId}/${index + 1}`;
}

/** What fills up a run that is of a fixed size is nobody's. */
function ofRows(tensors: TensorMap, rows: Answer['rows']): TensorMap {
  for (const { shape } of tensors.values()) if (shape.length > 0 && shape[0] > rows && rows > 0 && product(shape) > 0) return sliceRows(tensors, 0, rows);
  return tensors;
}
