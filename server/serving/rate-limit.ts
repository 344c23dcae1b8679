/** Requests that may come: so many a second in the long run, and `burst` at once. */
export interface Rate {
  perSecond: number;
  burst: number;
}

export interface RateLimit {
  /** 0 when the request may go on; otherwise the seconds after which one may, and nothing was taken. */
  take(): number;
}

/**
 * A token bucket. Ours and not a package's: it is two numbers for each key, and the keys are few and known, so that there
 * is nothing to store, to expire or to bound.
 *
 * @param nowMs milliseconds of a clock that does not go back
 */
export function openRateLimit({ perSecond, burst }: Rate, nowMs: () => number): RateLimit {
  let tokens = burst;
  let countedMs = nowMs();
  return {
    take() {
      const now = nowMs();
      tokens = Math.min(burst, tokens + ((now - countedMs) / 1000) * perSecond);
      countedMs = now;
      if (tokens < 1) return (1 - tokens) / perSecond;
      tokens -= 1;
      return 0;
    },
  };
}
