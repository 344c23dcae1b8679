import type { ModelConfig } from '../protocol/config.ts';

/** What slipway.yaml says of a model that measurements rest on: not where it stands in the file, nor what is asked of the results. */
export function contractOf(model: ModelConfig): object {
  const { gates: _gates, readiness: _readiness, line: _line, business, ...contract } = model;
  if (business === null) return { ...contract, business };
  const { line: _at, ...goal } = business;
  return { ...contract, business: goal };
}
