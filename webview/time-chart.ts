import { html, LitElement, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { safeText } from '../figures/markup.ts';
import { linearScale, ticks, type Scale } from '../figures/scale.ts';
import { columnText, countText, noNumber } from '../protocol/number-text.ts';
import type { TimeRange } from './live-seconds.ts';

/** One number over time; null where there was none. */
export interface ChartLine {
  name: string;
  /** Which of the strokes in view.css: a colour and a pattern of dashes. */
  stroke: number | 'house';
  /** One for each of the chart's times. */
  values: readonly (number | null)[];
}

const height = 132;
const [left, right, top, bottom] = [44, 6, 8, 20];
const stepsMs = [1, 2, 5, 10, 15, 30, 60, 120, 300].map((seconds) => seconds * 1000);
const rowsMax = 30;
const zoomLeastMs = 4_000;
const farMs = 30_000;

/**
 * Numbers over time, read at one second: by pointing, or by the arrow keys. Event `slip-at` with that second, or null;
 * event `slip-range` with what was dragged over, or zoomed to by + and −, or null for all there is.
 */
@customElement('slip-time-chart')
export class TimeChartElement extends LitElement {
  @property() label = '';
  /** What the lines show, in words, for who cannot see them. */
  @property() finding = '';
  /** Beginnings of seconds within the range, oldest first. */
  @property({ attribute: false }) times: readonly number[] = [];
  @property({ attribute: false }) lines: readonly ChartLine[] = [];
  @property({ attribute: false }) range: TimeRange = [0, 1];
  @property({ attribute: false }) at: number | null = null;
  /** In pixels, as there is room for; 0 before that is known. */
  @state() private width = 0;

  #resized = new ResizeObserver(() => {
    this.width = this.querySelector('.plot')?.clientWidth ?? 0;
  });
  #x: Scale = linearScale([0, 1], [0, 1]);
  #y: Scale = linearScale([0, 1], [0, 1]);
  #paths: string[] = [];
  /** Where the pointer was pressed, and what it has been drawn over since. */
  #from: number | null = null;
  #drag: TimeRange | null = null;
  #tableOpen = false;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (this.width === 0 || !['times', 'lines', 'range', 'width'].some((name) => changed.has(name))) return;
    const most = this.lines.reduce((largest, { values }) => values.reduce<number>((sofar, value) => Math.max(sofar, value ?? 0), largest), 0);
    this.#x = linearScale([...this.range], [left, this.width - right]);
    this.#y = linearScale([0, most === 0 ? 1 : most * 1.05], [height - bottom, top]);
    const xs = this.times.map((time) => String(this.#x(time)));
    this.#paths = this.lines.map(({ values }) => pathOf(this.times, values, xs, this.#y));
  }

  protected override render(): TemplateResult {
    const { width } = this;
    const at = this.at ?? this.times.at(-1) ?? null;
    const index = at === null ? -1 : this.times.indexOf(at);
    const read = (values: ChartLine['values']): string => textOf(values[index]);
    return html`<figure class="time-chart">
      <figcaption><h3>${this.label}</h3><ul class="plain">${this.lines.map(({ name, stroke, values }) => html`<li>${key(stroke)}<span>${safeText(name)}</span> <span class="digits">${read(values)}</span></li>`)}</ul></figcaption>
      <div class="plot" role="slider" tabindex="0" aria-label=${safeText(`${this.label}: ${this.finding}`)} aria-valuemin=${this.range[0] / 1000} aria-valuemax=${this.range[1] / 1000} aria-valuenow=${(this.at ?? this.range[1]) / 1000}
        aria-valuetext=${this.at === null ? 'no second is chosen' : safeText(`${clockText(this.at)}: ${this.lines.map(({ name, values }) => `${name} ${read(values)}`).join(', ')}`)}
        @keydown=${this.#key} @pointerdown=${this.#press} @pointermove=${this.#point} @pointerup=${this.#release} @pointercancel=${this.#cancel} @pointerleave=${this.#leave} @dblclick=${() => this.#tell('slip-range', null)}>
        <svg viewBox="0 0 ${width} ${height}" width=${width} height=${height} aria-hidden="true">${width === 0 ? nothing : this.#drawing(index)}</svg>
      </div>
      <details class="data" @toggle=${this.#fold}><summary>Show as table</summary>${this.#tableOpen ? this.#table() : nothing}</details>
    </figure>`;
  }

  #drawing(index: number): TemplateResult {
    const { width } = this;
    const ground = height - bottom;
    const known = this.lines.map(({ values }) => values.filter((value) => value !== null));
    // Where nothing happens there is no scale to tell.
    const marks = ticks(this.#y.domain, 4).filter(({ value }) => value === 0 || known.some((values) => values.some((each) => each > 0)));
    return svg`
      ${marks.map(({ value, text }) => svg`<line class="axis" x1=${left} x2=${width - right} y1=${this.#y(value)} y2=${this.#y(value)}></line><text class="end" x=${left - 6} y=${this.#y(value) + 4}>${text}</text>`)}
      ${timeTicks(this.range, width).map(({ at: time, text }) => svg`<text class="middle" x=${this.#x(time)} y=${height - 5}>${text}</text>`)}
      ${known.some((values) => values.length > 0) ? nothing : svg`<text class="middle" x=${(left + width - right) / 2} y=${(top + ground) / 2}>nothing to measure</text>`}
      ${this.#drag === null ? nothing : svg`<rect class="band" x=${this.#x(this.#drag[0])} y=${top} width=${Math.max(0, this.#x(this.#drag[1]) - this.#x(this.#drag[0]))} height=${ground - top}></rect>`}
      ${this.#paths.map((path, line) => svg`<path class="line stroke-${this.lines[line].stroke}" d=${path}></path>`).reverse()}
      ${this.at === null || index === -1 ? nothing : svg`<line class="cross" x1=${this.#x(this.at)} x2=${this.#x(this.at)} y1=${top} y2=${ground}></line>${this.lines.map(({ values }) => (values[index] == null ? nothing : svg`<circle class="read" cx=${this.#x(this.times[index])} cy=${this.#y(values[index])} r="3"></circle>`))}`}`;
  }

  #table(): TemplateResult {
    const every = Math.max(1, Math.ceil(this.times.length / rowsMax));
    const shown = this.times.flatMap((time, index) => ((this.times.length - 1 - index) % every === 0 ? [{ time, index }] : [])).reverse();
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${`${this.label} as a table`}><table class="data"><thead><tr><th scope="col">${every === 1 ? 'second' : `every ${every} s`}</th>${this.lines.map(({ name }) => html`<th scope="col">${safeText(name)}</th>`)}</tr></thead><tbody>${shown.map(
      ({ time, index }) => html`<tr><th scope="row">${clockText(time)}</th>${this.lines.map(({ values }) => html`<td>${textOf(values[index])}</td>`)}</tr>`,
    )}</tbody></table></div>`;
  }

  #fold(event: Event): void {
    this.#tableOpen = (event.target as HTMLDetailsElement).open;
    this.requestUpdate();
  }

  #tell(name: 'slip-at' | 'slip-range', detail: number | TimeRange | null): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }

  /** The second that is nearest to where the pointer is. */
  #under(event: PointerEvent): number | null {
    const svgElement = (event.currentTarget as Element).querySelector('svg');
    if (svgElement === null || this.times.length === 0) return null;
    const box = svgElement.getBoundingClientRect();
    const share = ((event.clientX - box.left) * (this.width / box.width) - left) / (this.width - left - right);
    return nearest(this.times, this.range[0] + Math.min(1, Math.max(0, share)) * (this.range[1] - this.range[0]));
  }

  #press(event: PointerEvent): void {
    const at = this.#under(event);
    if (event.button !== 0 || at === null) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.#from = at;
  }

  #point(event: PointerEvent): void {
    const at = this.#under(event);
    this.#tell('slip-at', at);
    if (this.#from === null || at === null) return;
    this.#drag = [Math.min(this.#from, at), Math.max(this.#from, at)];
    this.requestUpdate();
  }

  #release(): void {
    const drag = this.#drag;
    this.#cancel();
    if (drag !== null && drag[1] - drag[0] >= zoomLeastMs) this.#tell('slip-range', drag);
  }

  #cancel(): void {
    this.#from = null;
    this.#drag = null;
    this.requestUpdate();
  }

  /** What was chosen by keys, or pressed on, stays. */
  #leave(event: PointerEvent): void {
    if (this.#from === null && document.activeElement !== event.currentTarget) this.#tell('slip-at', null);
  }

  #key(event: KeyboardEvent): void {
    const { times } = this;
    if (times.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = times.length - 1;
    const here = this.at === null ? last : times.indexOf(nearest(times, this.at));
    const to = (index: number): number => times[Math.min(last, Math.max(0, index))];
    const back = (): void => this.#tell('slip-at', this.at === null ? to(last) : to(here - 1));
    const on = (): void => this.#tell('slip-at', to(here + 1));
    const next: Record<string, () => void> = {
      ArrowLeft: back,
      ArrowDown: back,
      ArrowRight: on,
      ArrowUp: on,
      PageDown: () => this.#tell('slip-at', nearest(times, times[here] - farMs)),
      PageUp: () => this.#tell('slip-at', nearest(times, times[here] + farMs)),
      Home: () => this.#tell('slip-at', to(0)),
      End: () => this.#tell('slip-at', to(last)),
      '+': () => this.#zoom(times[here], 0.5),
      '=': () => this.#zoom(times[here], 0.5),
      '-': () => this.#zoom(times[here], 2),
      Escape: () => (this.at === null ? this.#tell('slip-range', null) : this.#tell('slip-at', null)),
    };
    if (!Object.hasOwn(next, event.key)) return;
    event.preventDefault();
    next[event.key]();
  }

  /** About a second that stays where it is. */
  #zoom(about: number, factor: number): void {
    const [from, to] = this.range;
    const whole = (ms: number): number => Math.round(ms / 1000) * 1000;
    const zoomed: TimeRange = [whole(about - (about - from) * factor), whole(about + (to - about) * factor)];
    if (zoomed[1] - zoomed[0] >= zoomLeastMs) this.#tell('slip-range', zoomed);
  }
}

/**
 * Broken where a second or its number is missing; of seconds at one height only the first and the last are drawn.
 *
 * @param xs places of the times, as they are written
 */
function pathOf(times: readonly number[], values: readonly (number | null)[], xs: readonly string[], y: Scale): string {
  let path = '';
  let drawn: number | null = null;
  /** The last second at the height that was drawn. */
  let held = '';
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const high: number | null = value === null ? null : y(value);
    const joined = drawn !== null && high !== null && times[index] - times[index - 1] <= 1000;
    if (joined && high === drawn) {
      held = `L${xs[index]} ${high}`;
      continue;
    }
    path += held;
    held = '';
    // A second on its own would not be seen, were it not drawn a little wide.
    if (high !== null) path += joined ? `L${xs[index]} ${high}` : `M${xs[index]} ${high}h.01`;
    drawn = high;
  }
  return path + held;
}

function nearest(times: readonly number[], at: number): number {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - times[low - 1] <= times[low] - at ? times[low - 1] : times[low];
}

function timeTicks([from, to]: TimeRange, width: number): { at: number; text: string }[] {
  const room = Math.max(1, Math.floor((width - left - right) / 76));
  const step = stepsMs.find((each) => (to - from) / each <= room) ?? stepsMs[stepsMs.length - 1];
  const first = Math.ceil(from / step) * step;
  // Half a label from the end, so that it is not cut off.
  const margin = ((to - from) * 28) / (width - left - right);
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, index) => first + index * step)
    .filter((at) => at <= to - margin)
    .map((at) => ({ at, text: step < 60_000 ? clockText(at) : clockText(at).slice(0, 5) }));
}

/** As the reader's clock shows it: "14:03:22". */
export function clockText(atMs: number): string {
  const date = new Date(atMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

function key(stroke: ChartLine['stroke']): TemplateResult {
  return html`<svg class="key" viewBox="0 0 24 8" width="24" height="8" aria-hidden="true">${svg`<path class="line stroke-${stroke}" d="M0 4H24"></path>`}</svg>`;
}

function textOf(value: number | null | undefined): string {
  return value === null || value === undefined ? noNumber : Number.isInteger(value) ? countText(value) : columnText(value);
}
