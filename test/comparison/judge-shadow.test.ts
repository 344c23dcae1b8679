import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShadowReport } from '../../protocol/shadow.ts';
import type { AnswerShape, Answers } from '../../server/comparison/answers.ts';
import { judgeShadow } from '../../server/comparison/judge-shadow.ts';
import { type ShadowEvidence, addCrash, addDropped, addLabels, addNoise, addPairs, mergeEvidence } from '../../server/comparison/shadow-evidence.ts';
import { planShadow, shadowDefaults } from '../../server/comparison/shadow-plan.ts';
import { createRandom } from '../../server/stats/random.ts';
import { addScores, evidenceOf, lateOrNot, pairs, scores, side } from './shadow-pairs.ts';

const build = { intent: 'same-build' } as const;
const model = { intent: 'new-model' } as const;
const now = (evidence: ShadowEvidence): ShadowReport => judgeShadow(evidence, { ended: false });
const atEnd = (evidence: ShadowEvidence): ShadowReport => judgeShadow(evidence, { ended: true });

/** Live evidence of so many equal and changed decisions. */
function seen(agree: number, differ: number, options: Parameters<typeof evidenceOf>[1] = build, kind: 'live' | 'replay' = 'live'): ShadowEvidence {
  const evidence = evidenceOf(lateOrNot, options, kind);
  addScores(evidence, agree, differ);
  return evidence;
}

/** Right for both, for one alone, for neither; labels come with the pairs. */
function labelled(both: number, candidate: number, production: number, kind: 'live' | 'replay' = 'replay', options: Parameters<typeof evidenceOf>[1] = model): ShadowEvidence {
  const evidence = evidenceOf(lateOrNot, options, kind);
  const rows = both + candidate + production;
  const codes = Int32Array.from({ length: rows }, (_, row) => row % 2);
  const right = (row: number): number => (codes[row] === 1 ? 0.9 : 0.1);
  const before = Array.from(codes, (_, row) => (row >= both && row < both + candidate ? 1 - right(row) : right(row)));
  const after = Array.from(codes, (_, row) => (row >= both + candidate ? 1 - right(row) : right(row)));
  addPairs(evidence, pairs(scores(before), scores(after), rows, { labels: { kind: 'classes', codes } }));
  return evidence;
}

describe('another build of the same model, live', () => {
  it('keeps going on too few pairs, however well they agree', () => {
    expect(now(seen(399, 0))).toMatchObject({
      verdict: 'keep-going',
      sentence: 'Keep going: 399 of at least 400 pairs; they disagree on 0 % (0 % to 1.02 %) of 399 pairs, production was not asked twice.',
      nextSentence: 'At least 1 more pair is needed.',
      needs: { what: 'pairs', count: 1 },
    });
  });

  it('is equivalent once the margin is surely kept: 409 pairs without a disagreement at 1 %', () => {
    expect(now(seen(408, 0)).verdict).toBe('keep-going');
    expect(now(seen(408, 0)).needs).toEqual({ what: 'pairs', count: 1 });
    expect(now(seen(409, 0))).toMatchObject({ verdict: 'equivalent', nextSentence: '', needs: null, pairs: { compared: 409, agree: 409, differ: 0 } });
  });

  it('says how many more pairs decide at the present rate, and is right', () => {
    const open = now(seen(997, 3));
    expect(open.verdict).toBe('keep-going');
    expect(open.nextSentence).toBe(`About ${open.needs!.count} more pairs decide at the present rate.`);
    const pairsNeeded = 1000 + open.needs!.count;
    const differ = Math.round(0.003 * pairsNeeded);
    expect(now(seen(pairsNeeded - differ, differ)).verdict).toBe('equivalent');
    const fewer = pairsNeeded - 40;
    expect(now(seen(fewer - Math.round(0.003 * fewer), Math.round(0.003 * fewer))).verdict).toBe('keep-going');
  });

  it('is worse when it surely disagrees more than the margin', () => {
    expect(now(seen(950, 50))).toMatchObject({ verdict: 'worse', sentence: expect.stringMatching(/^Worse: they disagree on 5\.0? % .*surely more than the margin of 1\.?0? %/) });
  });

  it('is inconclusive when it is stopped, or has used up its pairs, undecided', () => {
    expect(atEnd(seen(990, 10)).verdict).toBe('inconclusive');
    expect(now(seen(990, 10, { ...build, maxPairs: 1000 })).verdict).toBe('inconclusive');
    expect(now(seen(989, 10, { ...build, maxPairs: 1000 })).verdict).toBe('keep-going');
  });

  it('has nothing to say before the first pair', () => {
    const report = now(seen(0, 0));
    expect(report).toMatchObject({ verdict: 'keep-going', disagreement: { value: null, rows: 0 }, aboveNoise: { value: null }, overTime: [], source: { from: null, to: null } });
    expect(atEnd(seen(0, 0)).verdict).toBe('inconclusive');
  });
});

describe('faults', () => {
  it('one NaN where production is sound makes a candidate worse, also a new model', () => {
    for (const intent of [build, model]) {
      const evidence = seen(2000, 0, intent);
      addPairs(evidence, pairs(scores([0.4]), scores([NaN]), 1, { first: 9000 }));
      expect(now(evidence)).toMatchObject({ verdict: 'worse', pairs: { candidateInvalid: 1, differ: 1 }, worst: [{ input: { id: 'r9000', row: 0 }, candidate: 'NaN', production: '0.4' }] });
    }
  });

  it('a candidate that fails too often is worse, and every failure is a disagreement', () => {
    const evidence = seen(900, 0);
    addPairs(evidence, pairs(scores(Array(60).fill(0.3)), null, 60));
    expect(now(evidence)).toMatchObject({ verdict: 'worse', pairs: { candidateFailed: 60, differ: 60 }, errors: { candidate: 60, inputs: 960, test: { decision: 'unacceptable' } } });
  });

  it('failures that are neither few nor many leave it open', () => {
    const evidence = seen(500, 0);
    addPairs(evidence, pairs(scores(Array(5).fill(0.3)), null, 5));
    expect(now(evidence)).toMatchObject({ verdict: 'keep-going', errors: { test: { decision: null } } });
  });

  it('inputs that production did not answer are not compared', () => {
    const evidence = seen(1000, 0);
    addPairs(evidence, pairs(null, scores(Array(500).fill(0.3)), 500));
    expect(now(evidence)).toMatchObject({ verdict: 'equivalent', pairs: { compared: 1000 }, errors: { production: 500, inputs: 1500 } });
  });

  it('answers of another shape are an error, whatever else agrees', () => {
    const evidence = seen(5000, 0);
    addPairs(evidence, pairs(scores([0.1, 0.2]), { kind: 'regression', values: Float64Array.of(1, 2) }, 2));
    expect(now(evidence)).toMatchObject({
      verdict: 'error',
      sentence: 'The two could not be compared: answers are of kind regression, not score.',
      pairs: { compared: 5000, dropped: [{ reason: 'answers of another shape', pairs: 2 }] },
    });
  });

  it('a comparison that crashed is an error', () => {
    const evidence = seen(5000, 0);
    addCrash(evidence, 'the pair log could not be written');
    expect(now(evidence).verdict).toBe('error');
  });

  it('what was dropped is told by reason and is no evidence', () => {
    const evidence = seen(10, 0);
    addDropped(evidence, 'queue full', 4);
    addDropped(evidence, 'queue full', 2);
    addDropped(evidence, 'deadline', 1);
    expect(now(evidence).pairs).toMatchObject({ compared: 10, dropped: [{ reason: 'queue full', pairs: 6 }, { reason: 'deadline', pairs: 1 }] });
  });
});

describe('numbers at the edge', () => {
  it('that lie further apart than the largest number differ, and have no size on the wire', () => {
    const evidence = evidenceOf({ kind: 'regression' }, build);
    const values = (value: number): Answers => ({ kind: 'regression', values: Float64Array.of(value) });
    addPairs(evidence, pairs(values(1e308), values(-1e308), 1));
    addPairs(evidence, pairs(values(1e-300), values(1e300), 1));
    const report = now(evidence);
    expect(report).toMatchObject({ pairs: { differ: 2 }, change: { difference: { pairs: 1 } } });
    expect(report.worst).toMatchObject([{ absolute: 1e300, relative: null }, { absolute: null, relative: null }]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('that are none come first among the worst, also of merged evidence', () => {
    const faulty = (score: number): ShadowEvidence => {
      const evidence = seen(0, 3);
      addPairs(evidence, pairs(scores([0.4, 0.4]), scores([score, NaN]), 2, { first: 50 }));
      return evidence;
    };
    expect(now(mergeEvidence(faulty(0.6), faulty(NaN))).worst.slice(0, 4).map(({ candidate }) => candidate)).toEqual(['NaN', 'NaN', 'NaN', '0.8']);
  });
});

describe('a replay', () => {
  it('is judged once, at its end', () => {
    const evidence = seen(5000, 0, build, 'replay');
    expect(now(evidence)).toMatchObject({ verdict: 'keep-going', nextSentence: 'A replay is judged once, at its end.' });
    expect(atEnd(evidence)).toMatchObject({ verdict: 'equivalent', source: { ended: true }, disagreement: { interval: { method: 'clopper-pearson' } } });
  });

  it('needs as many pairs as a sample of fixed size: 773 with three disagreements at 1 %', () => {
    expect(atEnd(seen(770, 3, build, 'replay')).verdict).toBe('equivalent');
    expect(atEnd(seen(769, 3, build, 'replay'))).toMatchObject({ verdict: 'inconclusive', needs: { what: 'pairs' } });
  });

  it('of too few pairs is inconclusive', () => expect(atEnd(seen(300, 0, build, 'replay')).verdict).toBe('inconclusive'));
});

describe('a new model', () => {
  it('is not judged by disagreement: without labels it stays open', () => {
    expect(now(seen(800, 200, model))).toMatchObject({ verdict: 'keep-going', labels: null, needs: { what: 'labels', count: shadowDefaults.minLabels } });
    expect(atEnd(seen(800, 200, model)).verdict).toBe('inconclusive');
  });

  it('that disagrees on less than the margin is equivalent whoever is right', () => {
    expect(now(seen(2000, 2, model))).toMatchObject({ verdict: 'equivalent', labels: null });
  });

  it('is better or worse by its labels', () => {
    expect(atEnd(labelled(900, 80, 20))).toMatchObject({ verdict: 'better', labels: { metric: 'accuracy', right: { both: 900, candidate: 80, production: 20, neither: 0 }, nonInferior: true, test: { name: 'mcnemar' } } });
    expect(atEnd(labelled(900, 20, 80))).toMatchObject({ verdict: 'worse', labels: { nonInferior: false, difference: { value: expect.closeTo(-0.06, 12) as number } } });
    expect(now(labelled(900, 20, 80, 'live'))).toMatchObject({ verdict: 'worse', labels: { test: { name: 'sequential-mcnemar' }, difference: { interval: { method: 'betting' } } } });
  });

  it('whose accuracy is surely within the margin is equivalent', () => {
    expect(atEnd(labelled(19_000, 500, 500))).toMatchObject({ verdict: 'equivalent', labels: { nonInferior: true } });
  });

  it('with too few labels, or labels that do not decide, says how many more do', () => {
    expect(atEnd(labelled(450, 20, 25))).toMatchObject({ verdict: 'inconclusive', needs: { what: 'labels' } });
    const few = seen(800, 200, model);
    addLabels(few, { ...pairs(scores([0.2, 0.9]), scores([0.9, 0.9]), 2), labels: { kind: 'classes', codes: Int32Array.of(0, 1) } });
    expect(now(few)).toMatchObject({ labels: { pairs: 2, disagreements: 1, right: { production: 1, both: 1 } }, needs: { what: 'labels', count: 198 } });
  });

  it('may be judged by labels of its disagreements alone, which say as much', () => {
    const options = { ...model, labelled: 'disagreements' } as const;
    const some = labelled(19_000, 800, 200, 'live', options);
    expect(now(some)).toMatchObject({
      verdict: 'better',
      sentence: expect.stringMatching(/^Better: by 1,000 labelled disagreements its accuracy differs from production’s by \+3\.0 pt/),
      labels: { pairs: 1000, disagreements: 1000, candidate: { value: null, reason: 'only disagreements are labelled' }, difference: { value: expect.closeTo(0.03, 12) as number } },
    });
    expect(now(labelled(19_000, 200, 800, 'live', options)).verdict).toBe('worse');
    expect(now(labelled(19_900, 10, 10, 'live', options))).toMatchObject({ verdict: 'equivalent' });
    expect(now(labelled(900, 50, 50, 'live', options))).toMatchObject({ verdict: 'keep-going', nextSentence: 'At least 100 more labels are needed, of a random share of those that disagree.' });
    expect(() => evidenceOf({ kind: 'regression' }, options)).toThrow(RangeError);
  });

  it('can say how many labels decide whatever the counts', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(150), fc.nat(150), fc.constantFrom('random' as const, 'disagreements' as const), fc.constantFrom('live' as const, 'replay' as const), (both, candidate, production, labels, kind) => {
        fc.pre(both + candidate + production > 0);
        const { verdict, needs } = atEnd(labelled(both, candidate, production, kind, { ...model, labelled: labels, minPairs: 1, minLabels: 1 }));
        expect(verdict).not.toBe('keep-going');
        if (needs !== null) expect(needs.count).toBeGreaterThan(0);
      }),
    );
  });

  it('a candidate without an answer is wrong where a label is known', () => {
    const evidence = evidenceOf(lateOrNot, model);
    addPairs(evidence, pairs(scores([0.9, 0.9]), null, 2, { labels: { kind: 'classes', codes: Int32Array.of(1, 0) } }));
    expect(now(evidence).labels?.right).toEqual({ both: 0, production: 1, candidate: 0, neither: 1 });
  });

  it('of numbers is judged by its mean absolute error, relative to production’s', () => {
    const random = createRandom(2);
    const truth = Float64Array.from({ length: 2000 }, () => 100 + 20 * random.normal());
    const off = (error: number): Answers => ({ kind: 'regression', values: truth.map((value) => value + error * random.normal()) });
    const verdict = (candidateError: number): ShadowReport => {
      const evidence = evidenceOf({ kind: 'regression' }, model, 'replay');
      addPairs(evidence, pairs(off(5), off(candidateError), 2000, { labels: { kind: 'values', values: truth } }));
      return atEnd(evidence);
    };
    expect(verdict(3)).toMatchObject({ verdict: 'better', labels: { metric: 'mae', right: null, nonInferior: true } });
    expect(verdict(8)).toMatchObject({ verdict: 'worse', labels: { nonInferior: false } });
    expect(verdict(5).verdict).toBe('inconclusive');
  });

  it('of decisions that have a worth is judged by it, and not by how often they are right', () => {
    // Warns of everything: right less often, and worth more where a miss costs nothing saved.
    const value = { tp: 40, fp: -15, fn: 0, tn: 0, currency: 'USD' };
    const random = createRandom(5);
    const labels = { kind: 'classes', codes: Int32Array.from({ length: 1000 }, () => (random.uniform() < 0.35 ? 1 : 0)) } as const;
    const never = scores(new Float64Array(1000));
    const always = scores(new Float64Array(1000).fill(1));
    const judged = (options: Parameters<typeof evidenceOf>[1], kind: 'live' | 'replay' = 'replay'): ShadowReport => {
      const evidence = evidenceOf(lateOrNot, options, kind);
      addPairs(evidence, pairs(never, always, 1000, { labels }));
      return judgeShadow(evidence, { ended: true });
    };
    expect(judged(model)).toMatchObject({ verdict: 'worse', labels: { metric: 'accuracy' } });
    const share = labels.codes.reduce((sum, code) => sum + code, 0) / 1000;
    for (const kind of ['live', 'replay'] as const) {
      const { verdict, labels: found, sentence } = judged({ ...model, value }, kind);
      expect([verdict, found?.metric, found?.nonInferior]).toEqual(['better', 'value', true]);
      expect(found?.production.value).toBe(0);
      expect(found?.candidate.value).toBeCloseTo(share * 40 - (1 - share) * 15, 9);
      expect(found?.difference.value).toBeCloseTo(share * 40 - (1 - share) * 15, 9);
      expect(sentence).toMatch(/worth .* USD/);
    }
    expect(judged({ ...model, value: { ...value, fp: -60 } }).verdict).toBe('worse');
  });

  it('counts no decision at all as the worse of the two', () => {
    const evidence = evidenceOf(lateOrNot, { ...model, value: { tp: 40, fp: -15, fn: -5, tn: 1, currency: 'USD' } }, 'replay');
    addPairs(evidence, pairs(scores([1, 0]), scores([NaN, NaN]), 2, { labels: { kind: 'classes', codes: Int32Array.of(1, 0) } }));
    expect(atEnd(evidence).labels?.candidate.value).toBe((-5 + -15) / 2);
  });

  it('refuses a worth where nothing is decided between two', () => {
    expect(() => evidenceOf({ kind: 'regression' }, { ...model, value: { tp: 1, fp: 0, fn: 0, tn: 1, currency: 'USD' } })).toThrow(RangeError);
  });

  it('labels that arrive later say of the worst disagreements who was right', () => {
    const evidence = evidenceOf(lateOrNot, model);
    const batch = pairs(scores([0.1]), scores([0.9]), 1);
    addPairs(evidence, batch);
    expect(now(evidence).worst[0]).toMatchObject({ reason: 'on time → late', label: null, right: null });
    addLabels(evidence, { ...batch, labels: { kind: 'classes', codes: Int32Array.of(1) } });
    expect(now(evidence).worst[0]).toMatchObject({ label: 'late', right: 'candidate' });
  });
});

describe('the report', () => {
  it('is JSON: nothing is lost on the wire', () => {
    for (const evidence of [seen(0, 0), seen(500, 20), labelled(300, 5, 5)]) {
      const report = now(evidence);
      expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    }
  });

  it('shows what moved where: confusion, flips, kappa, sizes of change', () => {
    const evidence = seen(90, 10);
    const report = now(evidence);
    expect(report.confusion).toEqual({ labels: ['on time', 'late'], counts: [[45, 5], [5, 45]] });
    expect(report.flips).toEqual([{ from: 'on time', to: 'late', pairs: 5 }, { from: 'late', to: 'on time', pairs: 5 }]);
    expect(report.kappa?.value).toBeCloseTo(0.8, 12);
    expect(report.change.difference).toMatchObject({ of: 'score', pairs: 100, bias: { value: expect.closeTo(0, 12) as number }, meanAbsolute: expect.closeTo(0.06, 12) as number, maxAbsolute: expect.closeTo(0.6, 12) as number });
    expect(report.change.difference?.histogram?.counts.reduce((total, count) => total + count, 0)).toBe(100);
    expect(report.change.distribution?.ks.value).toBe(0);
  });

  it('pools rare classes beyond twenty', () => {
    const classes = Array.from({ length: 30 }, (_, index) => `c${index}`);
    const evidence = evidenceOf({ kind: 'classifier', classes }, model);
    const codes = Int32Array.from({ length: 300 }, (_, row) => (row < 200 ? row % 10 : row % 30));
    addPairs(evidence, pairs({ kind: 'classifier', codes }, { kind: 'classifier', codes }, 300));
    const { confusion } = now(evidence);
    expect([confusion?.labels.length, confusion?.labels.at(-1)]).toEqual([20, 'other']);
    expect(confusion?.counts.flat().reduce((total, count) => total + count, 0)).toBe(300);
  });

  it('calls a candidate slower whose tail is longer than allowed, beside its verdict', () => {
    const evidence = evidenceOf(lateOrNot, build);
    const random = createRandom(9);
    const answers = scores(Array(2000).fill(0.2));
    const latencies = (times: number): Float64Array => Float64Array.from({ length: 2000 }, () => times * Math.exp(0.3 * random.normal()));
    addPairs(evidence, { ...pairs(answers, answers, 2000), production: { answers, latencyMs: latencies(1) }, candidate: { answers, latencyMs: latencies(2) } });
    const { verdict, latency, sentence } = now(evidence);
    expect(verdict).toBe('equivalent');
    expect(latency).toMatchObject({ slower: true, exceedance: { expected: 0.05 }, production: { requests: 2000 } });
    expect(sentence).toMatch(/It is slower: p95 3\.\d+ ms against 1\.\d+ ms\.$/);
    const same = evidenceOf(lateOrNot, build);
    addPairs(same, { ...pairs(answers, answers, 2000), production: { answers, latencyMs: latencies(1) }, candidate: { answers, latencyMs: latencies(1) } });
    expect(now(same).latency?.slower).toBe(false);
  });

  it('keeps at most 240 points and 100 disagreements of any number of pairs, the worst first', () => {
    const evidence = evidenceOf(lateOrNot, build);
    for (let minute = 0; minute < 100; minute++) addScores(evidence, 180, 20, { minute, first: minute * 200 });
    addPairs(evidence, pairs(scores([0.9]), scores([0.05]), 1, { minute: 101, first: 99_999 }));
    const report = now(evidence);
    expect(report.overTime.length).toBeLessThanOrEqual(240);
    expect(report.overTime.length).toBeGreaterThan(100);
    expect(report.overTime.at(-1)).toMatchObject({ pairs: 20_001, agreement: 18_000 / 20_001 });
    expect(report.overTime.every(({ agreement, low, high }) => low <= agreement && agreement <= high)).toBe(true);
    expect(report.worst.length).toBe(100);
    expect(report.worst[0].input.id).toBe('r99999');
  });
});

describe('evidence', () => {
  it('gathered apart and merged judges as gathered together', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(8), fc.boolean()), { minLength: 1, maxLength: 12 }), (batches) => {
        const [whole, first, second] = [0, 1, 2].map(() => evidenceOf(lateOrNot, build));
        batches.forEach(([agree, differ, toFirst], minute) => {
          for (const evidence of [whole, toFirst ? first : second]) addScores(evidence, agree, differ, { minute, first: minute * 100 });
        });
        const [together, merged] = [now(whole), now(mergeEvidence(first, second))];
        const comparable = ({ worst, overTime, change, ...rest }: ShadowReport): unknown => ({ ...rest, worst: worst.map(({ input }) => input.id).sort(), last: overTime.at(-1)?.agreement, quantiles: change.difference?.quantiles });
        expect(comparable(merged)).toEqual(comparable(together));
      }),
      { numRuns: 40 },
    );
  });

  it('gathered by different rules cannot be merged', () => {
    expect(() => mergeEvidence(seen(1, 0), seen(1, 0, { ...build, margin: 0.02 }))).toThrow(RangeError);
  });

  it('is refused to be gathered by rules that mean nothing', () => {
    const subject = { production: side('v1'), candidate: side('v2'), source: { kind: 'live' as const }, shape: lateOrNot };
    for (const options of [{ margin: 0 }, { alpha: 1 }, { minPairs: 0 }, { maxLatencyRatio: 0.5 }]) expect(() => planShadow(subject, { ...build, ...options })).toThrow(RangeError);
  });
});

describe('every kind of answer', () => {
  const rows = 500;
  const texts = Array.from({ length: rows }, (_, row) => `flight ${row} is late`);
  it.each<[AnswerShape, Answers]>([
    [{ kind: 'classifier', classes: ['a', 'b'] }, { kind: 'classifier', probabilities: Float64Array.from({ length: rows * 2 }, (_, index) => (index % 2 === 0 ? 0.3 : 0.7)) }],
    [{ kind: 'regression' }, { kind: 'regression', values: Float64Array.from({ length: rows }, (_, row) => row) }],
    [{ kind: 'ranking', k: 3 }, { kind: 'ranking', lists: texts.map((text) => text.split(' ')) }],
    [{ kind: 'embedding', width: 2, cosineMin: 0.999 }, { kind: 'embedding', values: Float64Array.from({ length: rows * 2 }, (_, index) => index + 1) }],
    [{ kind: 'text' }, { kind: 'text', texts }],
  ])('is equivalent to itself: $kind', (shape, answers) => {
    for (const intent of [build, model]) {
      const evidence = evidenceOf(shape, intent);
      addPairs(evidence, pairs(answers, answers, rows));
      const report = now(evidence);
      expect(report).toMatchObject({ verdict: 'equivalent', answers: shape.kind, pairs: { agree: rows } });
      for (const { mean, min } of report.change.similarities) expect([mean, min]).toEqual([expect.closeTo(1, 9), expect.closeTo(1, 9)]);
    }
  });
});

it('noise that does not come from the candidate is taken off its disagreement', () => {
  const evidence = seen(9900, 100);
  expect(now(evidence).verdict).toBe('keep-going');
  // The same inputs asked again: production differs from itself on 0.8 %.
  const first = Array.from({ length: 10_000 }, (_, row) => (row % 2 === 0 ? 0.2 : 0.8));
  const again = first.map((score, row) => (row < 80 ? 1 - score : score));
  addNoise(evidence, { how: 'alone', rows: 10_000, production: { answers: scores(first) }, again: { answers: scores(again) } });
  expect(now(evidence)).toMatchObject({ verdict: 'equivalent', noise: { share: { value: 0.008 }, nonDeterministic: false }, aboveNoise: { value: expect.closeTo(0.002, 12) as number } });
});
