import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchPage } from '../../figures/batch-page.ts';
import { reportPage } from '../../figures/report-page.ts';
import type { BatchReport, RunReport } from '../../protocol/run.ts';
import { tagsOf, textOf } from './page-tokens.ts';
import { blockedRun, emptyRun, errorRun, promotableRun } from './report-fixture.ts';

const runs: [string, () => RunReport][] = [
  ['a blocked run', () => blockedRun()],
  ['a promotable run', promotableRun],
  ['a run whose evidence is missing', errorRun],
  ['a run with nothing in it', emptyRun],
  ['a multiclass run', () => blockedRun({ task: 'multiclass' })],
  ['a regression run', () => blockedRun({ task: 'regression' })],
];

const allowedTags = new Set('html head meta title style body main header footer nav section h1 h2 h3 p a strong span div code pre details summary table thead tbody tr th td figure svg g path rect line circle text'.split(' '));
const allowedAttributes = new Set(
  'lang charset name content http-equiv class id href title role scope colspan open tabindex aria-label aria-hidden data-label viewBox width height x y x1 x2 y1 y2 cx cy r rx d'.split(' '),
);

function unexpectedIn(page: string): string[] {
  return tagsOf(page).flatMap(({ name, attributes }) => [...(allowedTags.has(name) ? [] : [name]), ...Object.keys(attributes).filter((attribute) => !allowedAttributes.has(attribute))]);
}

function currentBatch(run: RunReport): BatchReport {
  const found = run.batches.find(({ role }) => role === 'current');
  if (found === undefined) throw new Error('the fixture has a current batch');
  return found.batch;
}

describe('the page of a run', () => {
  it.each(runs)('%s is well formed, with the tags and attributes it should have and no others', (_, run) => {
    expect(unexpectedIn(reportPage(run()))).toEqual([]);
  });

  it.each(runs)('%s forbids scripts and the network, and asks for neither', (_, run) => {
    const tags = tagsOf(reportPage(run()));
    const policy = tags.find(({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy');
    expect(policy?.attributes.content).toMatch(/^default-src 'none';/);
    const links = tags.flatMap(({ attributes }) => (attributes.href === undefined ? [] : [attributes.href]));
    expect(links.filter((href) => !href.startsWith('#'))).toEqual([]);
  });

  it.each(runs)('%s links only to sections that are there', (_, run) => {
    const tags = tagsOf(reportPage(run()));
    const ids = tags.flatMap(({ attributes }) => (attributes.id === undefined ? [] : [attributes.id]));
    expect(new Set(ids).size).toBe(ids.length);
    for (const { attributes } of tags.filter(({ name }) => name === 'a')) expect(ids).toContain(attributes.href.slice(1));
  });

  it.each(runs)('%s gives every drawing its finding in words, and no style of its own', (_, run) => {
    const tags = tagsOf(reportPage(run()));
    for (const { attributes } of tags.filter(({ name }) => name === 'svg')) expect(attributes['aria-hidden'] === 'true' || (attributes.role === 'img' && attributes['aria-label'].length > 0)).toBe(true);
    expect(tags.filter(({ attributes }) => attributes.style !== undefined || attributes.fill !== undefined || attributes.stroke !== undefined)).toEqual([]);
  });

  it.each(runs)('%s never shows a number that is none', (_, run) => {
    expect(textOf(reportPage(run()))).not.toMatch(/NaN|undefined|Infinity|null(?!s)|\[object/);
  });

  it('opens with the verdict as a sentence, then the gate that decides', () => {
    const text = textOf(reportPage(blockedRun())).replace(/\s+/g, ' ');
    const order = ['✗ fail', 'v3 is blocked: better on average', 'recall by carrier needs: ≥ −1.0 pt', '−4.1 pt [−6.2, −2.0]', 'gates that pass 3/5'].map((part) => text.indexOf(part));
    expect(order.every((position) => position !== -1)).toBe(true);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('puts what did not pass on top and folds what passes with its count', () => {
    const text = textOf(reportPage(blockedRun()));
    const gates = text.slice(text.indexOf('Gates  '));
    expect(gates.indexOf('recall by carrier')).toBeLessThan(gates.indexOf('TPR gap, origin'));
    expect(gates.indexOf('TPR gap, origin')).toBeLessThan(gates.indexOf('3 gates pass'));
    expect(gates.indexOf('3 gates pass')).toBeLessThan(gates.indexOf('latency p99, batch 1'));
  });

  it('says one reason once when it stops many gates', () => {
    const text = textOf(reportPage(errorRun()));
    expect(text).toMatch(/4 gates\s+could not be judged\s*: holdout was not compared/);
    expect(text.match(/holdout was not compared/g)).toHaveLength(1);
    expect(text).toMatch(/predict failed\s+for holdout and 1 more: Input humid is gone/);
  });

  it('tells a number that is not defined apart from one that was not measured', () => {
    const page = reportPage(blockedRun());
    expect(page).toContain('<span title="one class only">not defined</span>');
    expect(textOf(page)).toMatch(/Not defined: carrier = 6\s+\(2,110 rows: one class only\)/);
  });

  it('names the rows that were left out, and the rows drawn for the classifier', () => {
    const text = textOf(reportPage(blockedRun()));
    expect(text).toContain('24,800 of 24,814 rows judged');
    expect(text).toMatch(/14 left out: no label/);
    expect(text).toContain('2,000 of 80,789 reference and 2,000 of 29,425 current rows, seed 7');
  });
});

describe('the page of a batch', () => {
  it('is well formed, and opens with its sentence and the counts behind it', () => {
    const page = batchPage(currentBatch(blockedRun()));
    expect(unexpectedIn(page)).toEqual([]);
    const text = textOf(page).replace(/\s+/g, ' ');
    expect(text).toContain('July is usable, but 3 of 5 columns have moved and 1 check fails.');
    expect(text).toContain('6 checks: 1 fail, 1 too few rows, 4 pass');
    expect(text).toContain('5 columns: 3 moved, 1 too few rows to tell, 1 still');
  });

  it('says why there is no drift', () => {
    const text = textOf(batchPage({ ...currentBatch(blockedRun()), drift: null, driftMissing: 'there is no reference to compare with' }));
    expect(text).toContain('Not measured: there is no reference to compare with');
  });
});

describe('the size of a page', () => {
  const megabytes = (page: string) => Buffer.byteLength(page) / 1e6;

  it('stays below 2 MB with 1,000 columns, 500 slices and 30 batches', () => {
    const run = blockedRun({ columns: 1000, slices: 500, batches: 30, checks: 3000 });
    expect(megabytes(reportPage(run))).toBeLessThan(2);
    expect(megabytes(batchPage(currentBatch(run)))).toBeLessThan(2);
  });

  it('stays below 2 MB when all of these have names of 10,000 characters, and says what is cut', () => {
    const run = blockedRun({ columns: 1000, slices: 500, batches: 30, checks: 3000, name: (text) => text.padEnd(10_000, '—x') });
    const page = reportPage(run);
    expect(megabytes(page)).toBeLessThan(2);
    expect(textOf(page)).toContain('751 more columns are in the record');
    expect(textOf(page.replace(/<pre[\s\S]*?<\/pre>/, ''))).not.toMatch(/(?:—x){250}/);
  });
});

const payloads = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '" onfocus="alert(1)" autofocus="',
  '</title><script>alert(1)</script>',
  '</style><script>alert(1)</script>',
  '<svg onload=alert(1)>',
  '</svg><foreignObject><iframe src=javascript:alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<!--><img src=x onerror=alert(1)>-->',
  '<![CDATA[><script>alert(1)</script>]]>',
  '<?xml-stylesheet href="javascript:alert(1)"?>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;script&#62;',
  '{{constructor.constructor("alert(1)")()}}',
  '${alert(1)}',
  '`onerror=alert(1)`',
  'url(javascript:alert(1))',
  '\u202e<b>dessap\u202c',
];
const wrappings = [(text: string) => text, (text: string) => `a${text}`, (text: string) => `${text}\u0000`, (text: string) => text.toUpperCase(), (text: string) => `\n${text}\t`, (text: string) => text.repeat(3), (text: string) => encodeURI(text), (text: string) => text.replaceAll('<', '<\u200b'), (text: string) => `${'x'.repeat(70)}${text}`, (text: string) => text.replaceAll(' ', '/')];

describe('text from outside', () => {
  it.each(payloads.flatMap((payload) => wrappings.map((wrap) => wrap(payload))).map((payload, index) => [index, payload] as const))('stays text in every field, payload %i', (_, payload) => {
    const run = everyString(blockedRun(), () => payload);
    for (const page of [reportPage(run), batchPage(currentBatch(run))]) {
      expect(unexpectedIn(page)).toEqual([]);
      expect(page).not.toMatch(/[\u0000\u202e]/);
    }
  });
});

describe('any report', () => {
  it('makes a well-formed page without a number that is none', () => {
    fc.assert(
      fc.property(fc.constantFrom(...runs.map(([, run]) => run)), fc.infiniteStream(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constantFrom(0, -0, 5e-324, 1e308, -1e308, 1))), fc.infiniteStream(fc.integer({ min: 0, max: 9 })), (run, numbers, chances) => {
        const page = reportPage(everyNumber(run(), () => numbers.next().value, () => chances.next().value));
        expect(textOf(page)).not.toMatch(/NaN|undefined|Infinity|\[object/);
        expect(tagsOf(page).filter(({ attributes }) => /NaN|undefined|Infinity/.test(Object.values(attributes).join(' ')))).toEqual([]);
      }),
      { numRuns: 100, seed: 4 },
    );
  });
});

/** Words that say which fields there are. All other strings are replaced, also those that can only be one of a few. */
const structural = new Set(['role', 'unit', 'numeric', 'categorical']);

function everyString<T>(value: T, replace: (text: string) => string): T {
  const walk = (each: unknown, key: string): unknown => {
    if (typeof each === 'string') return structural.has(key) || structural.has(each) ? each : replace(each);
    if (Array.isArray(each)) return each.map((item) => walk(item, key));
    if (each !== null && typeof each === 'object') return Object.fromEntries(Object.entries(each).map(([name, item]) => [name, walk(item, name)]));
    return each;
  };
  return walk(value, '') as T;
}

/** A copy with numbers drawn anew, some `value`s taken away, and some lists cut short. */
function everyNumber<T>(value: T, number: () => number, chance: () => number): T {
  const walk = (each: unknown, key: string): unknown => {
    if (typeof each === 'number') return key === 'value' && chance() === 0 ? null : chance() < 5 ? number() : each;
    if (Array.isArray(each)) return (chance() === 0 && typeof each[0] === 'object' && !Array.isArray(each[0]) ? each.slice(1) : each).map((item) => walk(item, key));
    if (each !== null && typeof each === 'object') return Object.fromEntries(Object.entries(each).map(([name, item]) => [name, walk(item, name)]));
    return each;
  };
  return walk(value, '') as T;
}
