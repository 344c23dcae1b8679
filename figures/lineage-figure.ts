import type { Lineage } from '../protocol/lineage.ts';
import { countText } from '../protocol/number-text.ts';
import type { RunReport } from '../protocol/run.ts';
import { cutAt, fittedLabel } from './cut-text.ts';
import { figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { verdictShape } from './verdict-mark.ts';

const box = { width: 220, height: 38, gap: 8 };
const columns = [2, 286, 570];
const width = 792;

/** From data, models and rules to the verdict: what went in, by digest. */
export function lineageFigure({ lineage, decision, id }: Pick<RunReport, 'lineage' | 'decision' | 'id'>): Markup {
  const sources = sourcesOf(lineage);
  const height = sources.length * (box.height + box.gap) + 4;
  const middle = height / 2;
  return figure(
    { width, height, finding: `${countText(sources.length)} sources, run ${cutAt(id, 60)}, verdict ${decision.verdict}` },
    sources.map((source, index) => {
      const y = 2 + index * (box.height + box.gap);
      const from = columns[0] + box.width;
      return markup`<path class="edge" d="M${from} ${y + box.height / 2}C${from + 40} ${y + box.height / 2} ${columns[1] - 40} ${middle} ${columns[1]} ${middle}"/>${node(columns[0], y, source.title, source.detail)}`;
    }),
    markup`<line class="edge" x1="${columns[1] + box.width}" x2="${columns[2]}" y1="${middle}" y2="${middle}"/>`,
    node(columns[1], middle - box.height / 2, `run ${id}`, `seed ${lineage.seed} · ${lineage.provider.toUpperCase()} · slipway ${lineage.versions.slipway}`),
    node(columns[2], middle - box.height / 2, decision.verdict, `${countText(decision.counts.pass)} of ${countText(decision.counts.pass + decision.counts.fail + decision.counts.inconclusive + decision.counts.error)} gates pass`, 16),
    verdictShape(decision.verdict, columns[2] + 14, middle - 8),
  );
}

function sourcesOf({ datasets, model, champion, policy, config, code }: Lineage): { title: string; detail: string }[] {
  return [
    ...Object.entries(datasets).flatMap(([role, dataset]) => (dataset === undefined ? [] : [{ title: dataset.name === role ? role : `${role}: ${dataset.name}`, detail: `${countText(dataset.rows)} rows · ${short(dataset.digest)}` }])),
    { title: `candidate ${model.version}`, detail: short(model.digest) },
    ...(champion === null ? [] : [{ title: `champion ${champion.version}`, detail: short(champion.digest) }]),
    { title: 'gates, fixed before the run', detail: short(policy.digest) },
    { title: 'slipway.yaml', detail: short(config.digest) },
    ...(code.revision === null ? [] : [{ title: code.dirty === true ? 'code, with uncommitted changes' : 'code', detail: code.revision.slice(0, 12) }]),
  ];
}

function node(x: number, y: number, title: string, detail: string, indent = 0): Markup {
  return markup`<rect class="node" x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="3"/>${fittedLabel({ x: x + 8 + indent, y: y + 15, text: title, width: box.width - 16 - indent })}${fittedLabel({ x: x + 8, y: y + 30, text: detail, width: box.width - 16, className: '' })}`;
}

function short(digest: string): string {
  return `sha256 ${digest.slice(0, 8)}`;
}
