import { describe, expect, it } from 'vitest';
import { diagnosticsText } from '../../extension/diagnostics-text.ts';
import { redact } from '../../extension/redact.ts';
import { mulberry } from './mulberry.ts';

describe('redaction', () => {
  it.each([
    ['Authorization: Bearer abcdef123456', 'abcdef123456'],
    ['{"token":"s3cr3t-value"}', 's3cr3t-value'],
    ['AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG', 'wJalrXUtnFEMI'],
    ['cloning https://ada:hunter2@example.org/repo.git', 'hunter2'],
    ['GET https://example.org/model?sig=abc%2F123&x=1', 'abc%2F123'],
    ['password: correct-horse', 'correct-horse'],
    ["apiKey: 'k-12345678'", 'k-12345678'],
    ['pushed with ghp_0123456789abcdefABCDEF', 'ghp_0123456789'],
    ['AKIAIOSFODNN7EXAMPLE was used', 'AKIAIOSFODNN7EXAMPLE'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc', 'eyJhbGciOiJIUzI1NiJ9'],
  ])('hides the secret of %j', (text, secret) => {
    expect(redact(text)).not.toContain(secret);
  });

  it('leaves what is no secret as it is', () => {
    const text = 'flight-delay: ready, process 4711 serves /Users/ada/flights, 27,020 rows of current/2013-12, digest d05a2320d88c';
    expect(redact(text)).toBe(text);
  });

  it('hides known secrets wherever they stand, also encoded', () => {
    const random = mulberry(7);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=';
    const secrets = Array.from({ length: 1_000 }, () => Array.from({ length: 32 }, () => alphabet[Math.floor(random() * alphabet.length)]).join(''));
    const leaks = secrets.filter((secret) => {
      const forms = [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('base64url')];
      const clean = redact(forms.map((form) => `socket said ${form} and went on`).join('\n'), [secret]);
      return forms.some((form) => clean.includes(form.replace(/=+$/, '')));
    });
    expect(leaks).toEqual([]);
  });
});

it('diagnostics hold no planted secret, and no name of a folder', () => {
  const canary = 'canary-5f0c1d2e3b4a';
  const text = diagnosticsText({
    slipway: '0.1.0 (linux-x64)',
    editor: 'Code 1.105.0',
    node: '22.0.0',
    platform: 'linux x64',
    trusted: true,
    settings: { 'slipway.server.start': 'whenNeeded' },
    folders: [{ state: { name: 'stopped', reason: `The server said token=${canary}` }, snapshot: null }],
    lines: [`Authorization: Bearer ${canary}`, `fetch https://u:${canary}@host/x?key=${canary}`, `{"password": "${canary}"}`],
  });
  expect(text).not.toContain(canary);
  expect(text).toContain('Folder 1: stopped');
  expect(text).toContain('slipway.server.start = "whenNeeded"');
});
