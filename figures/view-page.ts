import { markup } from './markup.ts';

/**
 * The page that the views run in, whoever serves it: the editor to its webview, or a server to a browser. Nothing is
 * allowed but the script and the stylesheet it names and the connections listed.
 */
export function viewPage({ script, style, nonce, source, connect }: { script: string; style: string; nonce: string; /** Where the stylesheet may come from, as the policy says it. */ source: string; /** What the page may talk to by itself; null in the editor, where it talks to its host. */ connect: string | null }): string {
  const policy = [`default-src 'none'`, `script-src 'nonce-${nonce}'`, `style-src ${source} 'nonce-${nonce}'`, ...(connect === null ? [] : [`connect-src ${connect}`]), `base-uri 'none'`, `form-action 'none'`].join('; ');
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="Content-Security-Policy" content="${policy}"><title>Slipway</title><link rel="stylesheet" nonce="${nonce}" href="${style}"></head><body><main><p class="quiet">Opening…</p></main><script type="module" nonce="${nonce}" src="${script}"></script></body></html>
`.text;
}
