import type { Config } from '../protocol/config.ts';
import type { ConfigOutline } from '../protocol/workspace.ts';

/** Where the things of slipway.yaml stand. Built-in gates stand nowhere, so they are not in it. */
export function outlineOf({ models, datasets }: Config): ConfigOutline {
  return {
    models: models.map(({ name, line, task, files, champion, datasets: roles, gates }) => ({
      name,
      line,
      task,
      files,
      champion,
      datasets: roles,
      gates: (gates ?? []).flatMap(({ id, line: at, severity }) => (at === undefined ? [] : [{ id, line: at, severity }])),
    })),
    datasets: datasets.map(({ name, line, files }) => ({ name, line, files })),
  };
}
