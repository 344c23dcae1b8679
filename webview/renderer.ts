import type { ActivationFunction } from 'vscode-notebook-renderer';
import { decidingFigure } from '../figures/deciding-figure.ts';
import { gatesSection } from '../figures/gates-section.ts';
import { cutText } from '../figures/cut-text.ts';
import { markup } from '../figures/markup.ts';
import { theme } from '../figures/theme.ts';
import { verdictMark } from '../figures/verdict-mark.ts';
import type { NotebookReport, RendererMessage } from '../protocol/notebook.ts';

/** Draws a run in the output of a notebook cell: the same figures as the report, in a shadow root of its own. */
export const activate: ActivationFunction = (context) => ({
  renderOutputItem(item, element) {
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const styles = new CSSStyleSheet();
    styles.replaceSync(scoped);
    root.adoptedStyleSheets = [styles];
    try {
      root.innerHTML = draw(item.json() as NotebookReport);
    } catch {
      // Whoever wrote the notebook may have written anything.
      root.innerHTML = markup`<p>This output is not a Slipway report. Run the cell again: <code>slipway.show()</code></p>`.text;
      return;
    }
    const button = root.querySelector('button');
    const { id } = item.json() as NotebookReport;
    if (context.postMessage === undefined) button?.remove();
    else button?.addEventListener('click', () => context.postMessage?.({ kind: 'open-report', run: id } satisfies RendererMessage));
  },
});

function draw(report: NotebookReport): string {
  if (report.schema !== 'slipway.report/1') throw new Error(`schema ${report.schema}`);
  const { model, role, champion, decision, startedAt, policy, provider } = report;
  const against = role === 'champion' ? ' ★ champion' : champion === null ? '' : ` against champion ${champion.version}`;
  return markup`<main>
<p class="facts"><strong>${cutText(model.name, 60)} ${cutText(model.version, 40)}</strong>${cutText(against, 60)} · ${startedAt.slice(0, 16).replace('T', ' ')} UTC · policy <code>${policy.digest.slice(0, 8)}</code> · ${cutText(provider.toUpperCase(), 20)} <button type="button">Open Report</button></p>
<h1>${verdictMark(decision.verdict)} ${cutText(decision.sentence, 400)}</h1>
${decidingFigure(report)}
${gatesSection(report)}
</main>`.text;
}

/** The report's styles, for a shadow root, on the ground the notebook gives. */
const scoped = `${theme.replaceAll(':root', ':host').replace(/^body \{[^}]*\}$/m, ':host { display: block; color: var(--ink); font: 14px/1.5 var(--text); }')}
:host-context(.vscode-light), :host-context(.vscode-high-contrast-light) { color-scheme: light; } :host-context(.vscode-dark), :host-context(.vscode-high-contrast:not(.vscode-high-contrast-light)) { color-scheme: dark; }
main { max-width: none; padding: 4px 0; margin: 0; } h1 { font-size: 18px; margin: 4px 0 8px; }
button { font: inherit; font-size: 12px; color: var(--vscode-button-secondaryForeground, inherit); background: var(--vscode-button-secondaryBackground, transparent); border: 1px solid var(--vscode-button-border, var(--line)); border-radius: 2px; padding: 2px 8px; margin-left: 8px; cursor: pointer; }
button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }`;
