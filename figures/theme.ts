/**
 * One stylesheet for figures and reports. Inside the editor the first value of each variable wins; a page of its own
 * falls back to the second, light or dark as its reader prefers.
 */
export const theme = `
:root { color-scheme: light dark;
  --ink: var(--vscode-foreground, light-dark(#1f2328, #e6e8eb));
  --quiet: var(--vscode-descriptionForeground, light-dark(#59616b, #9aa3ad));
  --line: var(--vscode-panel-border, light-dark(#d5dae0, #343b44));
  --ground: var(--vscode-editor-background, light-dark(#ffffff, #15181c));
  --raised: var(--vscode-sideBar-background, light-dark(#f5f7f9, #1c2127));
  --accent: var(--vscode-charts-blue, light-dark(#0b66c3, #5cb0ff));
  --past: var(--vscode-charts-lines, light-dark(#7b8490, #8d97a3));
  --pass: var(--vscode-testing-iconPassed, light-dark(#1a7f37, #4cc46a));
  --fail: var(--vscode-testing-iconFailed, light-dark(#c3281f, #ff7b72));
  --unsure: var(--vscode-charts-yellow, light-dark(#8a5d00, #e3b341));
  --text: var(--vscode-font-family, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
  --digits: var(--vscode-editor-font-family, ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace);
}
/* Themes colour icons, not words: what would be too faint to read is brought to a lightness that can be. */
@supports (color: oklch(from red l c h)) {
  :root {
    --accent: light-dark(oklch(from var(--vscode-charts-blue, #0b66c3) min(l, .55) c h), oklch(from var(--vscode-charts-blue, #5cb0ff) max(l, .7) c h));
    --pass: light-dark(oklch(from var(--vscode-testing-iconPassed, #1a7f37) min(l, .53) c h), oklch(from var(--vscode-testing-iconPassed, #4cc46a) max(l, .7) c h));
    --fail: light-dark(oklch(from var(--vscode-testing-iconFailed, #c3281f) min(l, .55) c h), oklch(from var(--vscode-testing-iconFailed, #ff7b72) max(l, .7) c h));
    --unsure: light-dark(oklch(from var(--vscode-charts-yellow, #8a5d00) min(l, .53) c h), oklch(from var(--vscode-charts-yellow, #e3b341) max(l, .75) c h));
  }
}
.vscode-light, .vscode-high-contrast-light { color-scheme: light; } .vscode-dark, .vscode-high-contrast:not(.vscode-high-contrast-light) { color-scheme: dark; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.5 var(--text); }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 48px; overflow-wrap: break-word; }
header { margin-bottom: 8px; }
h1 { font-size: 24px; line-height: 1.3; font-weight: 600; margin: 8px 0 16px; max-width: 44em; text-wrap: pretty; }
h2 { font-size: 18px; line-height: 24px; font-weight: 600; margin: 48px 0 8px; padding-top: 16px; border-top: 1px solid var(--line); }
h3 { font-size: 14px; font-weight: 600; margin: 32px 0 8px; }
h2 .quiet, h3 .quiet { font-weight: 400; margin-left: 4px; }
p { margin: 4px 0 8px; max-width: 88ch; }
a { color: var(--vscode-textLink-foreground, var(--accent)); }
code, pre, .digits, td.number { font-family: var(--digits); font-variant-numeric: tabular-nums; font-size: 12.5px; }
.facts { max-width: none; } .facts, .quiet, .why { color: var(--quiet); font-size: 13px; }
.tag { color: var(--quiet); border: 1px solid var(--line); border-radius: 3px; padding: 0 4px; font-size: 11px; font-weight: 400; white-space: nowrap; }
.verdict { font-weight: 600; white-space: nowrap; }
.verdict.pass, .verdict.still { color: var(--pass); } .verdict.fail, .verdict.error { color: var(--fail); } .verdict.inconclusive, .moved, .inconclusive { color: var(--unsure); }
h1 .verdict { border: 1.5px solid; border-radius: 4px; padding: 0 8px 1px; margin-right: 4px; font-size: 18px; vertical-align: 2px; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; margin-top: 24px; font-size: 13px; }
nav a { text-decoration: none; } nav a:hover { text-decoration: underline; }
.deciding { margin: 16px 0 24px; } .deciding h2 { margin: 0; padding: 0; border: 0; font-size: 14px; } .deciding svg { margin: 4px 0; }
.strip { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 16px 24px; margin: 24px 0 0; }
.stat { display: block; color: inherit; text-decoration: none; border-top: 2px solid var(--line); padding-top: 8px; min-width: 0; }
.stat:hover { border-color: var(--accent); }
.stat > span { display: block; font-size: 12px; } .stat > span.large { font-size: 20px; line-height: 28px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; } table.narrow, table.data { width: auto; }
th { text-align: left; font-weight: 400; color: var(--quiet); vertical-align: bottom; } tbody th { color: var(--ink); vertical-align: middle; }
td, th { padding: 6px 16px 6px 0; border-bottom: 1px solid var(--line); } td { vertical-align: middle; } :is(td, th):last-child { padding-right: 0; }
td.number, th.number { text-align: right; white-space: nowrap; } td.number .quiet { font-size: 11px; line-height: 14px; } td.number { line-height: 16px; }
thead th { white-space: nowrap; font-size: 12px; }
td.needs { white-space: normal; min-width: 13ch; max-width: 22ch; } td.drawing { width: 1px; white-space: nowrap; } tbody th[scope=row] { min-width: 120px; }
tr.part > :is(th, td) { border-bottom-style: dotted; } tr.part > th { padding-left: 16px; }
.why { font-size: 12px; line-height: 16px; max-width: 60ch; }
details { margin: 8px 0; } summary { cursor: pointer; color: var(--quiet); font-size: 13px; } summary:hover { color: var(--ink); }
:is(summary, a):focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
details.data { font-size: 12px; } details.data summary { font-size: 12px; } table.data { font-size: 12px; font-family: var(--digits); } table.data :is(td, th) { padding: 2px 16px 2px 0; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); gap: 32px 24px; margin: 16px 0; }
.grid.natural { display: flex; flex-wrap: wrap; }
.tile { min-width: 0; } .tile h3 { margin: 0 0 4px; } .tile p { min-height: 20px; margin: 0 0 4px; font-size: 12px; line-height: 16px; }
.legend { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; color: var(--quiet); font-size: 12px; } .legend svg:not(:first-child) { margin-left: 12px; }
.states { display: grid; gap: 4px; font-size: 13px; }
pre { background: var(--raised); padding: 16px; overflow-x: auto; line-height: 1.45; }
footer { margin-top: 48px; }
figure { margin: 0; } svg { display: block; max-width: 100%; height: auto; overflow: visible; } svg.key { display: inline-block; }
td.drawing svg, th svg { max-width: none; } .wide svg { max-width: none; }
svg text { font: 11px var(--digits); fill: var(--quiet); font-variant-numeric: tabular-nums; }
svg .label { font-family: var(--text); fill: var(--ink); } svg .label.digits { font-family: var(--digits); } svg .large { font-size: 14px; font-weight: 600; fill: var(--ink); } svg .accent { fill: var(--accent); }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
svg .axis { stroke: var(--line); fill: none; } svg .edge { stroke: var(--past); fill: none; opacity: .5; } svg .guide { stroke: var(--past); stroke-dasharray: 2 3; fill: none; }
svg .past { stroke: var(--past); fill: none; stroke-width: 1.5; } svg .past.dashed { stroke-dasharray: 4 3; } svg .whisker { stroke: var(--past); fill: none; stroke-width: 1; } svg .past-area { fill: var(--past); opacity: .3; }
svg .now { stroke: var(--accent); fill: none; stroke-width: 2; } svg .now.thin { stroke-width: 1; } svg .now-area { fill: var(--accent); opacity: .25; }
svg .dot { fill: var(--accent); } svg .ring { fill: var(--ground); stroke: var(--accent); stroke-width: 2; } svg .past-dot { fill: var(--past); } svg .between { stroke: var(--past); stroke-width: 2; opacity: .5; }
svg .interval { stroke: var(--accent); stroke-width: 2.5; } svg .beyond { fill: var(--accent); }
svg .mark.cross { fill: none; stroke-width: 2.5; } svg .mark.still, svg .mark.error { fill: var(--past); } svg .mark.moved { fill: var(--unsure); }
svg .pass { stroke: var(--pass); fill: var(--pass); } svg .fail, svg .error { stroke: var(--fail); } svg .beyond.fail { fill: var(--fail); } svg .inconclusive { stroke: var(--unsure); fill: var(--unsure); }
svg .bound { stroke: var(--ink); stroke-width: 1.5; } svg .allowed { fill: var(--pass); opacity: .12; } svg .band { fill: var(--past); opacity: .25; }
svg .harm { fill: var(--fail); opacity: .8; } svg .gain { fill: var(--pass); opacity: .5; }
svg .node { fill: var(--raised); stroke: var(--line); }
svg .cell { fill: var(--accent); opacity: .04; } svg .cell.wrong { fill: var(--fail); } svg .shade-1 { opacity: .1; } svg .shade-2 { opacity: .2; } svg .shade-3 { opacity: .3; } svg .shade-4 { opacity: .4; } svg .shade-5 { opacity: .5; }
svg .state { stroke: none; } svg .state.fail, svg .state.error { fill: var(--fail); } svg .state.moved, svg .state.inconclusive, svg .state.missing { fill: var(--unsure); } svg .state.pass, svg .state.still { fill: var(--past); opacity: .35; }
@media (max-width: 640px) {
  main { padding: 16px 16px 32px; } h1 { font-size: 20px; } h2 { margin-top: 32px; }
  .strip { grid-template-columns: 1fr 1fr; } .deciding svg text { font-size: 17px; } .deciding svg .large { font-size: 22px; }
  table.cards, table.cards :is(tbody, tr) { display: block; } table.cards thead { display: none; }
  table.cards tr { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 16px; padding: 8px 0; border-bottom: 1px solid var(--line); }
  table.cards :is(td, th) { border: 0; padding: 0; min-width: 0; } table.cards th { flex: 1 1 60%; } table.cards td.drawing { flex: 1 1 100%; width: auto; order: 1; } table.cards td:empty { display: none; }
  table.cards td[colspan] { flex: 1 1 100%; } table.cards td.number { text-align: left; white-space: normal; }
  table.cards td[data-label]:not(:empty)::before { content: attr(data-label) " "; color: var(--quiet); font: 11px var(--text); }
  table.cards td.number div.quiet { display: inline; margin-left: 4px; }
}
@media (forced-colors: active) {
  :root { --ink: CanvasText; --quiet: CanvasText; --line: GrayText; --ground: Canvas; --raised: Canvas; --accent: Highlight; --past: GrayText; --pass: CanvasText; --fail: CanvasText; --unsure: CanvasText; }
  svg { forced-color-adjust: none; } svg .allowed { fill: none; stroke: GrayText; opacity: 1; stroke-dasharray: 1 2; }
}
@media print {
  :root { color-scheme: light; } main { max-width: none; padding: 0; } nav, details.data { display: none; }
  h2, h3, h2 + p { break-after: avoid; } .strip { grid-template-columns: repeat(auto-fit, minmax(110px, 1fr)); } tr, .tile, figure { break-inside: avoid; } .scroll { overflow: visible; } body { font-size: 12px; }
}
`.trim();
