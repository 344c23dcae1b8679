import { expect, it } from 'vitest';
import { pageHtml } from '../../extension/page-html.ts';

const assets = { source: 'https://*.vscode-cdn.net', script: 'https://x/view.js', style: 'https://x/view.css', nonce: 'bm9uY2U=', title: 'flight-delay v3', language: 'en' };

it('a page may run one script, load its own styles and fonts, and nothing else', () => {
  const [, policy] = /Content-Security-Policy" content="([^"]+)"/.exec(pageHtml(assets)) ?? [];
  expect(policy).toBe("default-src 'none'; script-src 'nonce-bm9uY2U='; style-src https://*.vscode-cdn.net; font-src https://*.vscode-cdn.net; img-src https://*.vscode-cdn.net data:; base-uri 'none'; form-action 'none'");
});

it('what a file is called cannot become markup', () => {
  expect(pageHtml({ ...assets, title: '</title><script>alert(1)</script>' })).not.toContain('<script>alert');
});
