import { describe, expect, test } from 'vitest';
import { createApiKey, openKeyCheck, type ApiKey } from '../../server/serving/api-keys.ts';
import { openRateLimit } from '../../server/serving/rate-limit.ts';

const createdAt = '2026-01-01T00:00:00.000Z';

function made(name: string, scopes: ApiKey['scopes'], rate: ApiKey['rate'] = null): { text: string; key: ApiKey } {
  return createApiKey({ name, scopes, rate, createdAt }, new Uint8Array(32).fill(name.charCodeAt(0)));
}

const reader = made('reader', ['read', 'infer']);
const admin = made('admin', ['admin']);
const check = openKeyCheck([reader.key, admin.key], () => 0);

describe('keys', () => {
  test('what is kept of a key does not hold it', () => {
    expect(reader.text).toMatch(/^slip_[\w-]{43}$/);
    expect(JSON.stringify(reader.key)).not.toContain(reader.text.slice(5));
    expect(reader.key.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('a key lets its owner in for what it is for', () => {
    expect([check(`Bearer ${reader.text}`, 'infer'), check(`bearer  ${reader.text} `, 'read'), check(`Bearer ${admin.text}`, 'admin')]).toEqual(['reader', 'reader', 'admin']);
  });

  test.each([
    ['none', undefined, 'key-missing'],
    ['another scheme', 'Basic abc', 'key-missing'],
    ['an empty one', 'Bearer ', 'key-missing'],
    ['one that is not known', 'Bearer slip_unknown', 'key-refused'],
    ['the digest in its place', `Bearer ${reader.key.sha256}`, 'key-refused'],
    ['one for something else', `Bearer ${admin.text}`, 'key-refused'],
  ])('a request with %s is refused', (_, authorization, code) => {
    expect(() => check(authorization, 'infer')).toThrow(expect.objectContaining({ code }));
  });

  test('the refusal does not repeat what was sent', () => {
    expect(() => check('Bearer slip_secret', 'infer')).toThrow(expect.objectContaining({ message: 'The key is not known here' }));
  });

  test('each key has its own rate, and is told when to come again', () => {
    let now = 0;
    const slow = made('slow', ['infer'], { perSecond: 0.5, burst: 1 });
    const other = made('other', ['infer'], { perSecond: 0.5, burst: 1 });
    const limited = openKeyCheck([slow.key, other.key], () => now);
    limited(`Bearer ${slow.text}`, 'infer');
    expect(() => limited(`Bearer ${slow.text}`, 'infer')).toThrow(expect.objectContaining({ code: 'rate-limited', retryAfterSeconds: 2 }));
    expect(limited(`Bearer ${other.text}`, 'infer')).toBe('other');
    now = 2000;
    expect(limited(`Bearer ${slow.text}`, 'infer')).toBe('slow');
  });
});

describe('a rate', () => {
  test('lets a burst through, then as many a second as it says, and no more after a rest', () => {
    let now = 0;
    const limit = openRateLimit({ perSecond: 10, burst: 3 }, () => now);
    const through = (atMs: number): number => {
      now = atMs;
      let taken = 0;
      while (limit.take() === 0) taken++;
      return taken;
    };
    expect([through(0), through(99), through(100), through(350), through(60_000)]).toEqual([3, 0, 1, 2, 3]);
    expect(limit.take()).toBeCloseTo(0.1);
  });
});
