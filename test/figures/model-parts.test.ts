import { describe, expect, it } from 'vitest';
import { categoriesTable, profileTable, quantileTable, statisticTable } from '../../figures/column-tables.ts';
import { modelDifferenceSection, modelDifferenceSentence, sortWeights } from '../../figures/model-difference-section.ts';
import { admissionList, metadataTable, modelFileSentence, operatorsFigure, opsetText, shapeText, signatureTable, tensorsFigure } from '../../figures/model-file-parts.ts';
import type { Markup } from '../../figures/markup.ts';
import { difference, modelFiles } from '../webview/data-answers.ts';
import { tagsOf, textOf } from './page-tokens.ts';
import { blockedRun, driftColumns } from './report-fixture.ts';

const [{ admission }] = modelFiles;
if (!admission.admitted) throw new Error('the fixture is admitted');
const { summary } = admission;
const profile = blockedRun().batches[0].batch.profile.columns[0];

function said(markup: Markup | null): string {
  if (markup === null) throw new Error('nothing was drawn');
  tagsOf(`<div>${markup.text}</div>`);
  return textOf(markup.text).replace(/\s+/g, ' ').trim();
}

describe('a model file', () => {
  it.each([
    [0, '2 inputs, 2 outputs, 31 operators, 54,321 parameters; 218 KB.'],
    [2, 'This file may not be loaded: Operator com.evil.Run is not on the list of allowed ones, and 1 more.'],
    [3, 'This file is not complete yet: The file ends at byte 1,204,224.'],
  ])('number %i is told in a sentence', (index, sentence) => {
    expect(modelFileSentence(modelFiles[index])).toBe(sentence);
  });

  it('shapes keep their symbols, and say what is left open', () => {
    expect([shapeText(['batch', 14]), shapeText([null, 1]), shapeText([]), shapeText(null)]).toEqual(['[batch, 14]', '[?, 1]', '[]', 'any']);
  });

  it('the default operators come first among the opsets', () => {
    expect(opsetText(summary.opsets)).toBe('21, ai.onnx.ml 1');
  });

  it('an input that no column feeds is marked where columns are known, and not where they are not', () => {
    expect(said(signatureTable(summary, { temp: ['temp'] }))).toContain('humidity float32 [?, 1] ? no column');
    expect(said(signatureTable(summary, { temp: ['a', 'b', 'c', 'd', 'e'] }))).toContain('a, b, c and 2 more');
    expect(said(signatureTable(summary))).not.toContain('no column');
  });

  it('an input named like a property of every object has no column by that', () => {
    expect(said(signatureTable({ inputs: [{ name: 'toString', datatype: 'float32', shape: [] }], outputs: [] }, {}))).toContain('no column');
  });

  it('what is rare or small is drawn together, and nothing is lost by it', () => {
    expect(said(operatorsFigure(summary, 480))).toContain('8 others 36');
    expect(said(tensorsFigure(summary.initializers, 480))).toContain('28 others');
    const thirteen = summary.operators.slice(0, 13);
    expect(said(operatorsFigure({ operators: thirteen, nodeCount: 13 }, 480))).not.toContain('others');
  });

  it('what the exporter wrote is there, without what it left empty', () => {
    expect(said(metadataTable(summary))).toContain('trained_on 2013-03-31');
    expect(said(metadataTable(summary))).not.toContain('description');
  });

  it('a refusal says its rule and what to do', () => {
    expect(said(admissionList([{ rule: 'truncated', message: 'The file ends early' }], 'refusal'))).toBe('✗ refused The file ends early It is looked at again when it has been written · rule truncated');
    expect(admissionList([], 'warning')).toBeNull();
  });
});

describe('two model files', () => {
  it('are told apart in a sentence', () => {
    expect(modelDifferenceSentence(difference)).toBe('2 inputs and outputs differ; 1 kind of operator differs; 4 tensors differ, much most (31.0 %); 1 line of metadata.');
    expect(modelDifferenceSentence({ ...difference, inputs: [], outputs: [], operators: [], weights: [], metadata: [] })).toBe('Same signature; same operators; same weights.');
  });

  it('weights that cannot be compared stand above the largest change', () => {
    expect(sortWeights(difference.weights).map(({ name }) => name)).toEqual(['reshaped', 'fresh', 'much', 'little']);
  });

  it('show what was added, removed and changed, and leave out what is the same', () => {
    const text = said(modelDifferenceSection(difference, 480));
    expect(text).toContain('+ added humidity input — float32 [?, 1]');
    expect(text).toContain('− removed Imputer 2 —');
    expect(text).toContain('≠ changed label output int64 [?] string [?]');
    expect(text).toContain('✗ 3 not finite');
    expect(text).not.toContain('Cast');
  });

  it('that are the same say so', () => {
    expect(said(modelDifferenceSection({ ...difference, inputs: [], outputs: [], operators: [], weights: [], metadata: [] }, 480))).toContain('Both are made of the same operators');
  });
});

describe('the tables of a column', () => {
  const quantiles = { probabilities: [0, 0.05, 0.5, 1], reference: [1, 2, 3, 9], current: [1, 2.5, 2, 10] };

  it('quantiles have their names and their differences', () => {
    expect(said(quantileTable({ ...driftColumns.temp, quantiles }))).toBe('reference current difference smallest 1 1 = 5 % 2 2.5 +0.5 median 3 2 −1 largest 9 10 +1');
  });

  it('quantiles of times are times, and are not subtracted', () => {
    expect(said(quantileTable({ ...driftColumns.time, quantiles: { probabilities: [0.5], reference: [0], current: [86_400_000] } }))).toBe('reference current median 1970-01-01 00:00 1970-01-02 00:00');
  });

  it('a profile leaves out what neither side has, and stands without a reference', () => {
    const text = said(profileTable(null, profile));
    expect(text).toContain('missing 2,324');
    expect(text).not.toMatch(/infinite|empty text|reference/);
  });

  it('new and vanished values are counted, an empty one named', () => {
    const text = said(categoriesTable({ ...driftColumns.carrier, newCategories: [{ value: '', count: 50 }], newCategoriesTotal: { categories: 3, rows: 60 } }));
    expect(text).toContain('3 new values in 60 rows');
    expect(text).toContain('(empty) 50');
    expect(text).toContain('and 2 more');
    expect(text).toContain('Gone: OO');
    expect(categoriesTable(driftColumns.temp)).toBeNull();
  });

  it('each statistic has its definition, or the reason why it has no value', () => {
    expect(said(statisticTable(driftColumns.temp))).toContain('PSI one bin only Σ (c − r) ln(c / r)');
  });
});
