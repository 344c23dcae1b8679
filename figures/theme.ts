/**
 * One stylesheet for figures and reports. Inside the editor the first value of each variable wins; a page of its own
 * falls back to the second, light or dark as its reader prefers.
 */
export const theme = `
:root { color-scheme: light dark;
  --ink: var(--vscode-foreground, light-dark(#1f2328, #e6e8eb));
  --quiet: var(--vscode-descriptionForeground, light-dark(#5b636d, #9aa3ad));
  --line: var(--vscode-panel-border, light-dark(#d5dae0, #343b44));
  --ground: var(--vscode-editor-background, light-dark(#ffffff, #15181c));
  --raised: var(--vscode-sideBar-background, light-dark(#f5f7f9, #1c2127));
  --accent: var(--vscode-charts-blue, light-dark(#0b66c3, #5cb0ff));
  --past: var(--vscode-charts-lines, light-dark(#7b8490, #8d97a3));
  --pass: var(--vscode-testing-iconPassed, light-dark(#1a7f37, #4cc46a));
  --fail: var(--vscode-testing-iconFailed, light-dark(#c3281f, #ff7b72));
  --unsure: var(--vscode-charts-yellow, light-dark(#8a5d00, #e3b341));
  --digits: var(--vscode-editor-font-family, ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.5 var(--vscode-font-family, system-ui, -apple-system, "Segoe UI", sans-serif); }
main { max-width: 1080px; margin: 0 auto; padding: 24px 24px 64px; }
h1 { font-size: 22px; line-height: 1.35; font-weight: 600; margin: 8px 0; text-wrap: balance; }
h2 { font-size: 16px; font-weight: 600; margin: 40px 0 8px; }
h3 { font-size: 14px; font-weight: 600; margin: 24px 0 4px; }
p { margin: 4px 0 8px; max-width: 75ch; }
a { color: var(--accent); }
code, .digits, td.number, th.number { font-family: var(--digits); font-variant-numeric: tabular-nums; font-size: 12.5px; }
.facts, .quiet { color: var(--quiet); font-size: 13px; }
.verdict { font-weight: 600; white-space: nowrap; }
.verdict.pass, .still { color: var(--pass); } .verdict.fail, .verdict.error { color: var(--fail); } .verdict.inconclusive, .moved { color: var(--unsure); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th { text-align: left; font-weight: 500; color: var(--quiet); }
tbody th { color: var(--ink); font-weight: 400; }
td, th { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); vertical-align: middle; }
td.number, th.number { text-align: right; white-space: nowrap; }
tr.part > :is(th, td) { border-bottom-style: dotted; } tr.part th { padding-left: 20px; }
td.why { min-width: 200px; color: var(--quiet); }
details { margin: 8px 0; } summary { cursor: pointer; color: var(--quiet); }
details.data table { width: auto; font-size: 12px; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 24px; }
.tile h3 { margin-top: 0; }
figure { margin: 0; } figure svg { max-width: 100%; height: auto; display: block; overflow: visible; }
svg text { font: 11px var(--digits); fill: var(--quiet); font-variant-numeric: tabular-nums; }
svg .label { fill: var(--ink); } svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
svg .axis { stroke: var(--line); fill: none; } svg .guide { stroke: var(--line); stroke-dasharray: 2 3; fill: none; }
svg .past { stroke: var(--past); fill: none; stroke-width: 1.5; } svg .past-area { fill: var(--past); opacity: .28; }
svg .now { stroke: var(--accent); fill: none; stroke-width: 2; } svg .now-area { fill: var(--accent); opacity: .22; }
svg .dot { fill: var(--accent); } svg .past-dot { fill: var(--past); } svg .interval { stroke: var(--accent); stroke-width: 2; }
svg .pass { stroke: var(--pass); fill: var(--pass); } svg .fail, svg .error { stroke: var(--fail); fill: var(--fail); } svg .inconclusive { stroke: var(--unsure); fill: var(--unsure); }
svg .bound { stroke: var(--ink); stroke-width: 1.5; } svg .allowed { fill: var(--pass); opacity: .10; } svg .band { fill: var(--past); opacity: .16; }
pre { background: var(--raised); padding: 12px; overflow-x: auto; font: 12px/1.45 var(--digits); }
@media (forced-colors: active) { svg .past-area, svg .now-area, svg .allowed, svg .band { fill: none; stroke: CanvasText; } svg * { forced-color-adjust: auto; } }
@media print { main { max-width: none; padding: 0; } details.data { display: none; } h2 { break-after: avoid; } tr, .tile { break-inside: avoid; } }
`.trim();
