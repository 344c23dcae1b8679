import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where tests keep what takes minutes to install: outside the checkout, from one run to the next. */
export function cacheFolder(): string {
  return process.env.SLIPWAY_TEST_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'slipway-test');
}
