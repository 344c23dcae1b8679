import type { Command, Snapshot } from '../../protocol/feed.ts';
import { openFeed } from '../../server/feed.ts';
import type { Slipway } from '../../server/main.ts';
import { Problem } from '../../server/problem.ts';

const empty: Snapshot = { problem: null, models: [], refused: [], runs: [], batches: [], active: [], serving: null };

/** A workspace with nothing in it, that remembers what work it was given. */
export function fakeSlipway(): { slipway: Slipway; submitted: [string, Command][] } {
  const submitted: [string, Command][] = [];
  const feed = openFeed({ slipway: '0.0.0', workspace: '/workspace', snapshot: async () => empty });
  const slipway: Slipway = {
    workspace: '/workspace',
    feed,
    store: {
      notes: [],
      saveModel: async () => {},
      saveRun: async () => {},
      saveBatch: async () => {},
      models: async () => [],
      runs: async () => [],
      findRun: async () => null,
      readRun: async (id) => {
        throw new Problem('run-missing', `No run ${id} is saved`);
      },
      batches: async () => [],
      findBatch: async () => null,
      readBatch: async () => {
        throw new TypeError('a bug with a secret in it');
      },
      saveStatement: async () => {},
      saveShadow: async () => {},
      shadows: async () => [],
      readShadow: async (id) => {
        throw new Problem('run-missing', `No comparison ${id} is saved`);
      },
      findShadow: async () => [],
      statements: async () => [],
      close: async () => {},
    },
    serve: async () => {
      throw new Error('nothing is served');
    },
    serving: () => null,
    live: () => ({ serving: null, samples: [] }),
    shadows: async () => [],
    readShadow: async (id) => {
      throw new Problem('run-missing', `No comparison ${id} is saved`);
    },
    stopServing: async () => false,
    exampleRow: async () => null,
    readiness: async (model) => {
      throw new Problem('model-missing', `slipway.yaml has no model ${model}`);
    },
    submit: (work, command) => void submitted.push([work, command]),
    cancel: (work) => work === 'known-work',
    snapshot: async () => empty,
    outline: async () => ({ models: [], datasets: [] }),
    checkConfig: async () => null,
    failingRows: async () => ({ total: 0, columns: [], rows: [] }),
    runRows: async (_run, _role, rows) => ({ total: rows.length, columns: [], rows: [] }),
    modelFile: async (path) => {
      throw new Problem('file-missing', `${path} is not there`);
    },
    operatorTimes: async (path) => {
      throw new Problem('file-missing', `${path} is not there`);
    },
    modelFileDifference: async (path) => {
      throw new Problem('file-missing', `${path} is not there`);
    },
    idle: async () => {},
    close: async () => {},
  };
  return { slipway, submitted };
}
