import { describe, expect, test } from 'vitest';
import { chooseRoute, type Route } from '../../server/serving/choose-route.ts';

const route: Route = { champion: 'v1', weights: [{ version: 'v1', share: 0.7 }, { version: 'v2', share: 0.25 }, { version: 'v3', share: 0.05 }], shadows: [], salt: 'flights' };
const keys = Array.from({ length: 20_000 }, (_, index) => `user ${index}`);

function versionsOf(changed: Partial<Route> = {}): string[] {
  return keys.map((stickyKey) => chooseRoute({ ...route, ...changed }, { requestId: 'r', stickyKey }).version);
}

describe('the split', () => {
  test('versions get their shares', () => {
    const versions = versionsOf();
    for (const { version, share } of route.weights) {
      const got = versions.filter((each) => each === version).length / keys.length;
      // Four standard errors: with fixed keys this is no game of chance.
      expect(Math.abs(got - share), `${version} got ${got}`).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / keys.length));
    }
  });

  test('only proportions count, and the order of the versions does not', () => {
    expect(versionsOf({ weights: route.weights.map(({ version, share }) => ({ version, share: share * 20 })).reverse() })).toEqual(versionsOf());
  });

  test('a key keeps its version from request to request, and a request without a key is dealt by its id', () => {
    const chosen = new Set(['a', 'b', 'c', 'd'].map((requestId) => chooseRoute(route, { requestId, stickyKey: 'user 1' }).version));
    expect(chosen.size).toBe(1);
    const dealt = new Set(keys.slice(0, 200).map((requestId) => chooseRoute(route, { requestId, stickyKey: null }).version));
    expect(dealt).toEqual(new Set(['v1', 'v2', 'v3']));
  });

  test.each([
    ['alone', [0.7, 0.25, 0.4]],
    ['at the champion\'s cost', [0.5, 0.25, 0.25]],
    ['to all there is', [0, 0, 1]],
  ])('no key leaves a version whose share is raised %s', (_, shares) => {
    const before = versionsOf();
    const after = versionsOf({ weights: route.weights.map(({ version }, index) => ({ version, share: shares[index] })) });
    expect(before.filter((version, index) => version === 'v3' && after[index] !== 'v3')).toEqual([]);
    expect(after.filter((version) => version === 'v3').length).toBeGreaterThan(before.filter((version) => version === 'v3').length);
  });

  test('when one share is raised alone, no key moves but to that version', () => {
    const before = versionsOf();
    const after = versionsOf({ weights: [...route.weights.slice(0, 2), { version: 'v3', share: 0.4 }] });
    expect(new Set(after.filter((version, index) => version !== before[index]))).toEqual(new Set(['v3']));
  });

  test('a version without a share gets nothing, and without any share the champion answers', () => {
    expect(new Set(versionsOf({ weights: [{ version: 'v1', share: 1 }, { version: 'v2', share: 0 }] }))).toEqual(new Set(['v1']));
    expect(new Set(versionsOf({ weights: [] }))).toEqual(new Set(['v1']));
  });

  test('another salt deals anew', () => {
    const [one, other] = [versionsOf(), versionsOf({ salt: 'other' })];
    expect(one.filter((version, index) => version !== other[index]).length).toBeGreaterThan(keys.length / 4);
  });
});

describe('shadows', () => {
  const shadowed: Route = { ...route, shadows: [{ version: 'v2', share: 0.5 }, { version: 'v4', share: 0.1 }, { version: 'v5', share: 1 }, { version: 'v6', share: 0 }] };
  const routed = keys.map((requestId) => chooseRoute(shadowed, { requestId, stickyKey: null }));

  test('each sees its share of the requests, whoever answers them', () => {
    for (const answering of ['v1', 'v3']) {
      const those = routed.filter(({ version }) => version === answering);
      const seen = those.filter(({ shadows }) => shadows.includes('v4')).length / those.length;
      expect(Math.abs(seen - 0.1)).toBeLessThan(4 * Math.sqrt(0.09 / those.length));
    }
    expect(routed.every(({ shadows }) => shadows.includes('v5') && !shadows.includes('v6'))).toBe(true);
  });

  test('no version shadows itself', () => {
    expect(routed.filter(({ version, shadows }) => shadows.includes(version))).toEqual([]);
  });

  test('the same request is sampled again when it is replayed', () => {
    expect(keys.slice(0, 100).map((requestId) => chooseRoute(shadowed, { requestId, stickyKey: null }))).toEqual(routed.slice(0, 100));
  });
});
