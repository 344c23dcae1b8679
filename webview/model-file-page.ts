import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { modelDifferenceSection, modelDifferenceSentence } from '../figures/model-difference-section.ts';
import { admissionList, metadataTable, modelFileSentence, operatorsFigure, operatorTimesFigure, opsetText, shapeText, signatureTable, tensorsFigure } from '../figures/model-file-parts.ts';
import { safeText } from '../figures/markup.ts';
import { verdictMark } from '../figures/verdict-mark.ts';
import type { FeedMessage, Snapshot } from '../protocol/feed.ts';
import { bytesText, countText } from '../protocol/number-text.ts';
import { problems } from '../protocol/problem.ts';
import type { InitializerInfo, ModelSummary } from '../protocol/registry.ts';
import type { ViewTarget } from '../protocol/view.ts';
import type { ModelFileDifference, ModelFileReport, OperatorTimes } from '../protocol/workspace.ts';
import { ask, type Asking } from './asking.ts';
import { foreignText, placed } from './elements/foreign-text.ts';
import { waiting } from './elements/waiting.ts';
import { drawn } from './page-element.ts';
import { ResizedPage } from './resized-page.ts';
import './elements/button.ts';
import './elements/long-table.ts';
import './elements/problem-panel.ts';
import './elements/select.ts';

const tensorsListed = 12;

/** A model file: what it takes and gives, what it is made of, where its bytes are, what is known of it, and how it differs from another. */
@customElement('slip-model-file-page')
export class ModelFilePageElement extends ResizedPage<Extract<ViewTarget, { view: 'model-file' }>> {
  #file!: Asking<ModelFileReport>;
  #snapshot!: Asking<Snapshot>;
  #difference: Asking<ModelFileDifference> | null = null;
  /** Null until somebody wants it measured. */
  #times: Asking<OperatorTimes> | null = null;

  protected begin(): void {
    const { path, against } = this.target;
    const changed = () => this.redraw();
    this.#times = null;
    this.#file = ask(this.context, { ask: 'model-file', path }, changed);
    this.#snapshot = ask(this.context, { ask: 'snapshot' }, changed);
    this.#difference = against === null ? null : ask(this.context, { ask: 'model-file-difference', path, against }, changed);
    this.follow((message) => this.#hear(message));
  }

  #hear(message: FeedMessage): void {
    if (message.kind === 'work-started' || message.kind === 'work-finished') this.redraw();
    if (!mayChange(message, this.target.path)) return;
    this.#file.again();
    this.#snapshot.again();
    if (message.kind === 'model-seen' || message.kind === 'snapshot') this.#difference?.again();
  }

  protected override render(): TemplateResult {
    const { now } = this.#file;
    switch (now.state) {
      case 'waiting':
        return html`<h1 class="spoken">${safeText(this.target.path)}</h1>${waiting('Reading the file without its weights', this.context.connection)}`;
      case 'refused':
        return html`<h1 class="spoken">${safeText(this.target.path)}</h1><slip-problem .problem=${now.problem} @slip-again=${() => this.#file.again()}></slip-problem>`;
      case 'answered':
        return this.#draw(now.answer);
    }
  }

  #draw(file: ModelFileReport): TemplateResult {
    const { path, bytes, admission, versions } = file;
    const summary = admission.admitted ? admission.summary : null;
    const judged = versions.find(({ run }) => run !== null)?.run ?? null;
    return html`<header>
        <p class="facts"><strong>${foreignText(path, 120)}</strong> · ${bytesText(bytes)}${summary === null ? nothing : factsOf(summary)}</p>
        <h1>${admission.admitted ? (judged === null ? nothing : html`${placed(verdictMark(judged.decision.verdict))} `) : html`<span class="verdict ${admission.incomplete ? 'inconclusive' : 'fail'}">${admission.incomplete ? '? incomplete' : '✗ refused'}</span> `}${foreignText(judged === null || !admission.admitted ? modelFileSentence(file) : judged.decision.sentence, 400)}</h1>
        ${judged === null || !admission.admitted ? nothing : html`<p>${modelFileSentence(file)}</p>`}
        <div class="bar">${this.#checkButton(file)}${admission.admitted ? this.#compareSelect(path) : nothing}</div>
      </header>
      ${admission.admitted ? nothing : html`<section><h2>Why</h2>${drawn([file], () => admissionList(admission.refusals, 'refusal'))}<p>${problems[admission.incomplete ? 'model-incomplete' : 'model-refused']}.</p></section>`}
      ${this.#difference === null || this.target.against === null ? nothing : this.#differencePart(this.#difference, this.target.against)}
      ${versions.length === 0 ? nothing : this.#versionsPart(versions)}
      ${admission.warnings.length === 0 ? nothing : html`<section><h2>To look out for</h2>${drawn([file], () => admissionList(admission.warnings, 'warning'))}</section>`}
      ${summary === null ? nothing : this.#summaryParts(summary, versions)}`;
  }

  #summaryParts(summary: ModelSummary, versions: ModelFileReport['versions']): TemplateResult {
    const { zipMaps, initializers, operators } = summary;
    const columns = versions.find((version) => version.columns !== undefined)?.columns;
    return html`<section><h2>Signature</h2>
        ${drawn([summary, columns], () => signatureTable(summary, columns))}
        ${zipMaps.length === 0 ? nothing : html`<p class="quiet">${zipMaps.map(({ output, tensor }) => html`${foreignText(output, 60)} is a list of maps; the tensor ${foreignText(tensor, 60)} behind it is read instead. `)}</p>`}
      </section>
      <div class="parts">
        <section class="part"><h2>Operators</h2>${operators.length === 0 ? html`<p class="quiet">The graph has no nodes.</p>` : drawn([summary, this.width], () => operatorsFigure(summary, this.width))}${this.#timesPart(versions)}</section>
        <section class="part"><h2>Size by tensor</h2>${initializers.length === 0 ? html`<p class="quiet">No tensors of weights: the numbers are attributes of its operators.</p>` : html`${drawn([summary, this.width], () => tensorsFigure(initializers, this.width))}`}</section>
      </div>
      ${initializers.length > tensorsListed + 1 ? html`<details><summary>All ${countText(initializers.length)} tensors</summary>${tensorTable(initializers)}</details>` : nothing}
      <section><h2>Metadata</h2>${drawn([summary], () => metadataTable(summary))}</section>`;
  }

  /** Only what was judged is run, and only where somebody asks for it. */
  #timesPart(versions: ModelFileReport['versions']): TemplateResult | typeof nothing {
    const now = this.#times?.now;
    const measure = () => {
      this.#times = ask(this.context, { ask: 'operator-times', path: this.target.path }, () => this.redraw());
      this.redraw();
    };
    if (now === undefined) return versions.length === 0 || !this.context.can.work ? nothing : html`<p><slip-button secondary @click=${measure}>Measure Operators</slip-button> <span class="quiet">runs the model on made-up rows</span></p>`;
    if (now.state === 'waiting') return html`<h3>By time</h3>${waiting('Running the model on made-up rows', this.context.connection)}`;
    if (now.state === 'refused') return html`<h3>By time</h3><slip-problem .problem=${now.problem} @slip-again=${() => this.#times?.again()}></slip-problem>`;
    const { rows, runs, operators } = now.answer;
    return html`<h3>By time <span class="quiet">${countText(runs)} runs of ${countText(rows)} made-up ${rows === 1 ? 'row' : 'rows'}, as the runtime joins and runs them</span></h3>
      ${operators.some(({ ms }) => ms > 0) ? drawn([now.answer, this.width], () => operatorTimesFigure(now.answer, this.width)) : html`<p class="quiet">Too fast to be measured.</p>`}`;
  }

  #checkButton({ versions }: ModelFileReport): TemplateResult | typeof nothing {
    if (!this.context.can.work) return nothing;
    const running = this.context.works.some(({ command }) => command.kind === 'run');
    const [version] = versions;
    const command = { kind: 'run' as const, ...(version !== undefined && { models: [version.model], versions: [version.version] }), ...(version !== undefined && version.run !== null && { force: true }) };
    return html`<slip-button ?disabled=${running} @click=${() => this.context.act({ do: 'run', command })}>Check Model</slip-button>${running ? html`<span class="quiet">A run is under way</span>` : nothing}`;
  }

  #compareSelect(path: string): TemplateResult | typeof nothing {
    const models = this.#snapshot.now.state === 'answered' ? this.#snapshot.now.answer.models.filter((each) => each.path !== path) : [];
    const { against } = this.target;
    if (models.length === 0 && against === null) return nothing;
    const known = models.map(({ path: of, model, version, champion }) => ({ value: of, text: safeText(`${model} ${version}${champion ? ' ★ champion' : ''}`) }));
    const options = against === null || known.some(({ value }) => value === against) ? known : [{ value: against, text: safeText(against) }, ...known];
    return html`<slip-select label="Compare with" .options=${[{ value: '', text: 'nothing' }, ...options]} .value=${against ?? ''} @slip-change=${({ detail }: CustomEvent<string>) => this.context.act({ do: 'show', target: { view: 'model-file', path, against: detail === '' ? null : detail } })}></slip-select>`;
  }

  #differencePart(asking: Asking<ModelFileDifference>, against: string): TemplateResult {
    const { now } = asking;
    return html`<section><h2>Against ${foreignText(against, 80)}</h2>${
      now.state === 'waiting'
        ? waiting('Reading the weights of both files', this.context.connection)
        : now.state === 'refused'
          ? html`<slip-problem .problem=${now.problem} @slip-again=${() => asking.again()}></slip-problem>`
          : html`<p><strong>${foreignText(modelDifferenceSentence(now.answer), 300)}</strong> <span class="quiet">Before is ${foreignText(against, 80)}, after is this file.</span></p>${drawn([now.answer, this.width], () => modelDifferenceSection(now.answer, this.width))}`
    }</section>`;
  }

  #versionsPart(versions: ModelFileReport['versions']): TemplateResult {
    return html`<section><h2>Versions with these bytes</h2>
      <div class="scroll"><table class="cards"><thead><tr><th scope="col">version</th><th scope="col">verdict</th><th scope="col">judged</th><td></td></tr></thead>
      <tbody>${versions.map(
        ({ model, version, champion, run }) => html`<tr>
          <th scope="row">${foreignText(`${model} ${version}`, 80)}${champion ? html` <span class="tag">★ champion</span>` : nothing}</th>
          <td>${run === null ? html`<span class="quiet">not judged yet</span>` : placed(verdictMark(run.decision.verdict))}</td>
          <td data-label="judged">${run === null ? nothing : html`<time class="digits" datetime=${run.startedAt}>${run.startedAt.slice(0, 16).replace('T', ' ')} UTC</time>`}</td>
          <td>${run === null ? nothing : html`<button class="link" aria-label=${safeText(`Open run ${run.id}`)} @click=${() => this.context.act({ do: 'show', target: { view: 'gates', run: run.id } })}>Open run</button>`}</td>
        </tr>`,
      )}</tbody></table></div>
    </section>`;
  }
}

function mayChange(message: FeedMessage, path: string): boolean {
  if (message.kind === 'model-seen') return message.version.path === path;
  if (message.kind === 'model-refused') return message.file.path === path;
  return message.kind === 'snapshot' || message.kind === 'run-finished' || message.kind === 'run-kept';
}

function factsOf({ externalBytes, opsets, producer }: ModelSummary): TemplateResult {
  const made = [producer.name, producer.version].filter((part) => part !== '').join(' ');
  return html`${externalBytes === 0 ? nothing : html` and ${bytesText(externalBytes)} beside it`} · opset ${foreignText(opsetText(opsets), 80)}${made === '' ? nothing : html` · made by ${foreignText(made, 60)}`}`;
}

function tensorTable(initializers: readonly InitializerInfo[]): TemplateResult {
  return html`<slip-long-table label="Tensors" .columns=${4} .rows=${initializers} .head=${html`<tr><th scope="col">tensor</th><th scope="col">type</th><th scope="col">shape</th><th scope="col" class="number">size</th></tr>`} .cells=${({ name, datatype, shape, bytes, external }: InitializerInfo) => html`<th scope="row"><code>${foreignText(name, 60)}</code></th><td><code>${foreignText(datatype, 20)}</code></td><td><code>${foreignText(shapeText(shape), 40)}</code></td><td class="number">${bytesText(bytes)}${external === undefined ? nothing : html` <span class="quiet">in ${foreignText(external, 40)}</span>`}</td>`}></slip-long-table>`;
}
