import { escapeText } from '../figures/markup.ts';

export interface PageAssets {
  /** Address of the folder the page may load from. */
  source: string;
  script: string;
  style: string;
  nonce: string;
  title: string;
  language: string;
}

/** The document of a webview: one script, one stylesheet, and a policy under which nothing else loads, runs or is sent. */
export function pageHtml({ source, script, style, nonce, title, language }: PageAssets): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${source}; font-src ${source}; img-src ${source} data:; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="${escapeText(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeText(title)}</title>
<link rel="stylesheet" href="${escapeText(style)}">
</head>
<body data-vscode-context='{"preventDefaultContextMenuItems": true}'>
<script type="module" nonce="${nonce}" src="${escapeText(script)}"></script>
</body>
</html>`;
}
