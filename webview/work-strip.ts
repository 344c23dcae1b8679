import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Command, Progress } from '../protocol/feed.ts';
import { bytesText, countText, durationText } from '../protocol/number-text.ts';
import { remainingMs, type Pace, type Work } from './state.ts';
import './elements/button.ts';

const shownMax = 3;

/** What is under way: step, subject, how far, how long still, and Cancel. Nothing when all is quiet. */
@customElement('slip-work-strip')
export class WorkStripElement extends LitElement {
  @property({ attribute: false }) works: readonly Work[] = [];
  @property({ attribute: false }) canCancel = false;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    const [shown, rest] = [this.works.slice(0, shownMax), this.works.length - shownMax];
    return html`<div class="works" ?hidden=${shown.length === 0} role="region" aria-label="Under way">
      ${shown.map((work, index) => this.#line(work, index))}${rest > 0 ? html`<p class="quiet">${countText(rest)} more wait</p>` : nothing}
    </div>`;
  }

  #line(work: Work, index: number): TemplateResult {
    const { progress, run } = work;
    const version = run?.version;
    const what = version === null || version === undefined ? titleOf(work.command) : `Run ${version.model} ${version.version}`;
    const waits = index > 0 && progress === null && run === null;
    const now = waits ? 'waits for its turn' : progress === null ? (stepAfter(work) ?? '') : `${progress.step} · ${progress.subject}`;
    return html`<div class="work">
      <p><strong>${what}</strong> <span class="quiet">${now}</span></p>
      ${progress === null || progress.total === null ? html`<progress aria-label=${`${what}: ${now}`} max="1"></progress>` : html`<progress aria-label=${`${what}: ${now}`} max=${progress.total} .value=${progress.done}></progress>`}
      <p class="digits quiet">${progress === null ? nothing : paceText(progress)}</p>
      ${this.canCancel ? html`<slip-button secondary label=${`Cancel ${what}`} @click=${() => this.#cancel(work.id)}>Cancel</slip-button>` : nothing}
    </div>`;
  }

  #cancel(work: string): void {
    this.dispatchEvent(new CustomEvent('slip-cancel', { detail: work, bubbles: true }));
  }
}

function titleOf(command: Command): string {
  switch (command.kind) {
    case 'run':
      return command.watch === true ? 'Watching' : 'Run';
    case 'check':
      return `Check ${command.path.split(/[\\/]/).pop() ?? ''}`;
    case 'replay':
      return `Compare ${command.candidate} of ${command.model}`;
    case 'set-up':
      return 'Set up workspace';
    case 'state':
      return `State ${command.criterion}`;
  }
}

function stepAfter({ run }: Work): string | null {
  const last = run?.steps.at(-1);
  return last === undefined ? null : `${last.step} is done`;
}

/** "12,400 of 29,425 rows · about 8 s". */
export function paceText(pace: Pace): string {
  const { done, total, unit } = pace;
  const remaining = remainingMs(pace);
  const amount = (count: number) => (unit === 'bytes' ? bytesText(count) : countText(count));
  const far = `${amount(done)}${total === null ? '' : ` of ${amount(total)}`}${unit === 'bytes' ? '' : ` ${unitText(unit, total ?? done)}`}`;
  return remaining === null ? far : `${far} · about ${durationText(Math.max(1_000, remaining))}`;
}

function unitText(unit: Progress['unit'], count: number): string {
  return count === 1 ? unit.replace(/s$/, '') : unit;
}
