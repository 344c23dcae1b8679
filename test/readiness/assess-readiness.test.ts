import { describe, expect, it } from 'vitest';
import { builtInCriteria } from '../../protocol/config.ts';
import type { Verdict } from '../../protocol/measured.ts';
import { assessReadiness } from '../../server/readiness/assess-readiness.ts';
import { chooseVersion } from '../../server/readiness/choose-version.ts';
import type { ReadinessSubject } from '../../server/readiness/subject.ts';
import { batchOf, criterionOf, goodText, modelOf, readySubject, runOf, summaryOf, versionOf } from './subject.ts';

const finding = (verdict: Verdict, severity: 'block' | 'warn' = 'block') => ({ id: 'nulls:a', check: { kind: 'nulls', column: 'a', maxShare: 0, severity }, severity, verdict, message: `nulls ${verdict}`, measured: '', needed: '', failing: null }) as const;
const drift = (more: object) => ({ columns: [{}, {}], moved: 0, inconclusive: 0, errors: 0, ...more }) as never;

async function standingOf(criterion: string, text = goodText, more: (subject: ReadinessSubject) => Partial<ReadinessSubject> = () => ({})) {
  const subject = await readySubject(text);
  const report = assessReadiness({ ...subject, ...more(subject) });
  return { ...criterionOf(report, criterion), ready: report.ready };
}

/** slipway.yaml without the gate, and a run that was made without it. */
const without = (gate: string): string => {
  expect(goodText).toContain(`  - ${gate}\n`);
  return goodText.replace(`  - ${gate}\n`, '');
};

describe('a model is ready', () => {
  it('when every criterion is met, and says so with their number', async () => {
    const report = assessReadiness(await readySubject());
    expect(report.criteria.filter(({ state }) => state !== 'pass')).toEqual([]);
    expect(new Set(report.criteria.map(({ criterion }) => criterion))).toEqual(new Set(builtInCriteria));
    expect(report).toMatchObject({ model: 'churn', version: 'v2', digest: versionOf('v2').digest, ready: true, counts: { met: 12, of: 12 }, sentence: 'churn v2 is ready for production: all 12 criteria are met.' });
  });

  it('with each criterion under its heading, headings in one piece, those that were written last', async () => {
    const { criteria } = assessReadiness(await readySubject(`${goodText}readiness: [{criterion: a, group: Data}, {criterion: b, group: Security}, {criterion: c, group: Security}]\n`));
    expect([...new Map(criteria.map(({ group }) => [group, group])).keys()]).toEqual(['Business', 'Quality', 'Data', 'Runtime', 'Security']);
    expect(criteria.filter(({ group }) => group === 'Data').map(({ criterion }) => criterion)).toEqual(['data quality of current', 'drift of current', 'a']);
    expect(criteria.map(({ group }) => group).filter((group, index, all) => group !== all[index - 1])).toHaveLength(5);
  });
});

describe('nothing is ready without evidence:', () => {
  it('a model nobody has judged lacks it everywhere but for what is written', async () => {
    const subject = await readySubject(goodText, { run: null, versions: [versionOf('v1', { champion: true })] });
    const report = assessReadiness(subject);
    expect(report.criteria.filter(({ state }) => state === 'pass').map(({ criterion }) => criterion)).toEqual(['business goal']);
    expect(criterionOf(report, 'blocking gates')).toMatchObject({ state: 'missing', text: 'no verdict yet', next: '`slipway run churn`', evidence: null });
    expect(report).toMatchObject({ ready: false, version: 'v1', sentence: 'churn v1 is not ready for production: 11 of 12 criteria lack evidence.' });
  });

  it('a model without any version is not ready, and has none to name', async () => {
    expect(assessReadiness(await readySubject(goodText, { run: null, versions: [] }))).toMatchObject({ ready: false, version: null, digest: null, sentence: 'churn is not ready for production: 11 of 12 criteria lack evidence.' });
  });

  it('default gates, which only a run knows, are unknown before it', async () => {
    const text = goodText.slice(0, goodText.indexOf('gates:'));
    const report = assessReadiness(await readySubject(text, { run: null }));
    expect(criterionOf(report, 'quality on holdout')).toMatchObject({ state: 'missing', text: 'no verdict yet' });
  });

  it('gates that were written at the time of the run and no longer are do not count as the default ones', async () => {
    const text = goodText.slice(0, goodText.indexOf('gates:'));
    const report = assessReadiness(await readySubject(text, { run: runOf(await modelOf(goodText)) }));
    expect(criterionOf(report, 'quality on holdout')).toMatchObject({ state: 'missing', text: 'the gates that run r-1 was judged by are no longer written' });
    expect(criterionOf(report, 'blocking gates')).toMatchObject({ state: 'missing' });
  });
});

describe('each gate that is not written is asked for:', () => {
  it.each([
    ['value of outcomes', '{value: 0}', /no gate asks what its predictions are worth/, /`\{value: 0\}`/],
    ['quality on holdout', '{metric: roc_auc, min: 0.7}', /no gate asks for quality on holdout/, /write a gate on a metric$/],
    ['quality on current', '{metric: roc_auc, min: 0.7, on: current}', /no gate asks for quality on current/, /`on: current`/],
    ['regression cases', '{cases: all}', /no gate asks for curated cases/, /`\{cases: all\}`/],
    ['fairness', '{fairness: demographic_parity_ratio, by: sex, min: 0.8}', /no gate asks for fairness by sex/, /by: sex/],
    ['latency', '{latency: p95, maxMs: 100}', /no gate asks for latency/, /latency: p95/],
    ['throughput', '{throughput: 1000}', /no gate asks for throughput/, /throughput: 1000/],
    ['runtime parity', '{parity: available}', /no gate asks for parity/, /parity: available/],
  ])('%s', async (criterion, gate, text, next) => {
    const standing = await standingOf(criterion, without(gate));
    expect(standing).toMatchObject({ state: 'missing', ready: false, evidence: null });
    expect(standing.text).toMatch(text);
    expect(standing.next).toMatch(next);
  });
});

describe('a verdict counts as it is:', () => {
  it.each(['fail', 'error', 'inconclusive'] as const)('a gate that is %s is not met, whatever its severity', async (verdict) => {
    const text = goodText.replace('{latency: p95, maxMs: 100}', '{latency: p95, maxMs: 100, severity: warn}');
    const standing = await standingOf('latency', text, ({ model }) => ({ run: runOf(model, { 'latency.p95': { verdict, title: 'latency p95, batch 1', reason: 'it was 112 ms', rowsNeeded: 1200 } }) }));
    expect(standing).toMatchObject({ state: verdict, ready: false, text: 'latency p95, batch 1: it was 112 ms', evidence: { kind: 'gate', run: 'r-1', gate: 'latency.p95' }, next: verdict === 'inconclusive' ? 'about 1,200 more labelled rows' : null });
  });

  it('the worst of several gates decides, and how many pass is told', async () => {
    const text = goodText.replace('  - {cases: all}\n', '  - {cases: all}\n  - {metric: recall, min: 0.5}\n  - {metric: precision, min: 0.5}\n');
    const standing = await standingOf('quality on holdout', text, ({ model }) => ({ run: runOf(model, { 'recall.min': { verdict: 'inconclusive' }, 'precision.min': { verdict: 'fail', reason: 'too low' } }) }));
    expect(standing).toMatchObject({ state: 'fail', text: 'precision.min: too low (1 of 3 gates pass)', evidence: { gate: 'precision.min' } });
  });

  it('the sentence counts what fails, what could not be judged and what lacks evidence apart', async () => {
    const subject = await readySubject(without('{throughput: 1000}'));
    const run = runOf(subject.model, { 'latency.p95': { verdict: 'fail' }, cases: { verdict: 'error' }, 'parity.available': { verdict: 'inconclusive' } });
    expect(assessReadiness({ ...subject, run }).sentence).toBe('churn v2 is not ready for production: 1 of 12 criteria fails, 1 could not be judged, 2 lack evidence.');
  });

  it('the decision counts as it was recorded, with the gate that stands in the way', async () => {
    const standing = await standingOf('blocking gates', goodText, ({ model }) => ({ run: runOf(model, {}, { decision: { verdict: 'error', sentence: 'v2 cannot be judged.', blocking: ['cases'], warnings: [], notApplicable: [], counts: { pass: 0, fail: 0, inconclusive: 0, error: 1 } } }) }));
    expect(standing).toMatchObject({ state: 'error', text: 'v2 cannot be judged.', evidence: { kind: 'gate', run: 'r-1', gate: 'cases' } });
  });

  it('gates that only compare with the champion show nothing about the champion itself', async () => {
    const text = goodText.replace('{metric: roc_auc, min: 0.7}', '{metric: roc_auc, nonInferior: 0.01}');
    const standing = await standingOf('quality on holdout', text, ({ model }) => {
      const run = runOf(model);
      return { run: { ...run, role: 'champion', gates: run.gates.filter(({ gate }) => gate.id !== 'roc_auc.non_inferior'), decision: { ...run.decision, notApplicable: ['roc_auc.non_inferior'] } } };
    });
    expect(standing).toMatchObject({ state: 'missing', ready: false });
  });
});

describe('a run that no longer speaks for the model is no evidence:', () => {
  it('other settings in slipway.yaml', async () => {
    expect(await standingOf('latency', goodText, () => ({ settingsChanged: true }))).toMatchObject({ state: 'missing', text: 'slipway.yaml gives other data, inputs or settings than run r-1 was made with', next: '`slipway run churn`' });
  });

  it('other bytes under the champion’s name', async () => {
    const standing = await standingOf('blocking gates', goodText, ({ versions }) => ({ versions: [{ ...versions[0], digest: 'e'.repeat(64) }, versions[1]] }));
    expect(standing).toMatchObject({ state: 'missing', text: 'run r-1 was held against v1, and the champion is now v1, sha256 eeeeeeeeeeee' });
  });

  it('a newer batch of current data, for what is about current data alone', async () => {
    const newer = () => ({ current: { files: ['c2.csv'], report: null } });
    for (const criterion of ['quality on current', 'drift of current', 'data quality of current', 'blocking gates']) expect(await standingOf(criterion, goodText, newer)).toMatchObject({ state: 'missing', text: 'c2.csv has come since run r-1' });
    expect(await standingOf('quality on holdout', goodText, newer)).toMatchObject({ state: 'pass', ready: false });
  });

  it('other bytes in the same file of current data', async () => {
    const report = batchOf({ checkedAt: '2026-03-01T00:00:00.000Z', profile: { ...batchOf().profile, digest: 'other-bytes' } });
    expect(await standingOf('drift of current', goodText, () => ({ current: { files: ['c.csv'], report } }))).toMatchObject({ state: 'missing', text: 'c.csv has changed since run r-1' });
  });

  it('a gate that reads otherwise now', async () => {
    const run = runOf(await modelOf(goodText));
    const text = goodText.replace('{latency: p95, maxMs: 100}', '{latency: p95, maxMs: 50}');
    expect(await standingOf('latency', text, () => ({ run }))).toMatchObject({ state: 'missing', text: 'latency.p95 was judged by another rule: it was ≤ 5 MB' });
    expect(await standingOf('blocking gates', text, () => ({ run }))).toMatchObject({ state: 'missing', text: 'the blocking gates are others than run r-1 was judged by' });
    expect(await standingOf('throughput', text, () => ({ run }))).toMatchObject({ state: 'pass' });
  });

  it('a gate that was renamed', async () => {
    const run = runOf(await modelOf(goodText));
    const text = goodText.replace('{latency: p95, maxMs: 100}', '{latency: p95, maxMs: 100, name: quick}');
    expect(await standingOf('latency', text, () => ({ run }))).toMatchObject({ state: 'missing', text: 'run r-1 was not judged by quick' });
  });

  it('a blocking gate that was taken away since', async () => {
    const run = runOf(await modelOf(goodText));
    expect(await standingOf('blocking gates', without('{cases: all}'), () => ({ run }))).toMatchObject({ state: 'missing' });
  });

  it('but the same gates on other lines are the same gates', async () => {
    const run = runOf(await modelOf(goodText));
    expect(await standingOf('blocking gates', `# a comment\n${goodText}`, () => ({ run }))).toMatchObject({ state: 'pass', ready: true });
  });
});

describe('the business goal', () => {
  it.each(['problem', 'metric', 'baseline', 'target', 'owner', 'signed'])('lacks its %s until that is written', async (key) => {
    const standing = await standingOf('business goal', goodText.replace(new RegExp(`${key}: [^,}]+(, )?(?=[^{}]*\\}\\ndatasets)`), ''));
    expect(standing).toMatchObject({ state: 'missing', text: `${key} is not written`, evidence: { kind: 'config', line: 8 } });
  });

  it('is missing whole where there is none', async () => {
    expect(await standingOf('business goal', goodText.replace(/ {4}business: .*\n/, ''))).toMatchObject({ state: 'missing', text: 'no goal is written', evidence: { kind: 'config', line: 2 } });
  });

  it('is told with its signature', async () => {
    expect((await standingOf('business goal')).text).toBe('kept: 60 % → 70 % · Ada answers for it · signed Grace 2026-01-01');
  });
});

describe('criteria that say nothing about a model are not asked of it:', () => {
  it('fairness without groups, value without two outcomes', async () => {
    const text = goodText.replace('    groups: [sex]\n', '').replace(/ {4}value: .*\n/, '').replace('task: binary', 'task: regression').replace(/ {2}- \{(fairness|value|metric).*\n/g, '');
    const { criteria } = assessReadiness(await readySubject(text));
    expect(criteria.map(({ criterion }) => criterion)).not.toEqual(expect.arrayContaining(['fairness']));
    expect(criteria.map(({ criterion }) => criterion)).not.toEqual(expect.arrayContaining(['value of outcomes']));
  });

  it('but each set of groups needs a gate of its own', async () => {
    const text = goodText.replace('groups: [sex]', 'groups: [sex, [sex, race]]');
    expect(await standingOf('fairness', text)).toMatchObject({ state: 'missing', text: 'no gate asks for fairness by sex × race' });
    const failing = await standingOf('fairness', text, ({ model }) => ({ run: runOf(model, { 'demographic_parity_ratio.by.sex': { verdict: 'fail' } }) }));
    expect(failing.state).toBe('fail');
  });
});

describe('current data without a gate', () => {
  const text = without('{dataQuality: current}').replace('  - {drift: features}\n', '');
  const under = (more: Parameters<typeof batchOf>[0]) => () => ({ current: { files: ['c.csv'], report: batchOf(more) } });

  it.each([
    ['all checks hold', [finding('pass')], 'pass'],
    ['a check fails', [finding('pass'), finding('fail')], 'fail'],
    ['a check could not be judged', [finding('error')], 'error'],
    ['too few rows', [finding('inconclusive')], 'inconclusive'],
    ['only a warning', [finding('pass'), finding('fail', 'warn')], 'pass'],
    ['nothing is checked', [], 'missing'],
  ] as const)('is judged by the newest batch: %s', async (_, findings, state) => {
    const standing = await standingOf('data quality of current', text, under({ dataQuality: { ...batchOf().dataQuality, findings: [...findings] } }));
    expect(standing).toMatchObject({ state, evidence: { kind: 'batch', batch: 'b-1' } });
  });

  it.each([
    ['nothing moved', drift({}), 'pass'],
    ['one column moved', drift({ moved: 1, inconclusive: 1 }), 'fail'],
    ['a column could not be compared', drift({ errors: 1 }), 'error'],
    ['too few rows for one', drift({ inconclusive: 1 }), 'inconclusive'],
    ['no column at all', drift({ columns: [] }), 'missing'],
    ['no reference', null, 'missing'],
  ] as const)('has drifted or not: %s', async (_, report, state) => {
    expect(await standingOf('drift of current', text, under({ drift: report }))).toMatchObject({ state, evidence: { kind: 'batch' } });
  });

  it('that nobody has checked, that is not there, or that slipway.yaml does not name, is no evidence', async () => {
    expect(await standingOf('drift of current', text)).toMatchObject({ state: 'missing', text: 'c.csv has not been checked', next: '`slipway check c.csv`' });
    expect(await standingOf('drift of current', text, () => ({ current: null }))).toMatchObject({ state: 'missing', text: 'no file of current data is there' });
    const nowhere = text.replace('current: c.csv, ', '').replace('  - {metric: roc_auc, min: 0.7, on: current}\n', '');
    expect(await standingOf('drift of current', nowhere)).toMatchObject({ state: 'missing', text: 'slipway.yaml names no current data' });
  });

  it('is evidence before any model is judged', async () => {
    const standing = await standingOf('data quality of current', text, () => ({ run: null, ...under({ dataQuality: { ...batchOf().dataQuality, findings: [finding('pass')] } })() }));
    expect(standing.state).toBe('pass');
  });
});

describe('what slipway.yaml says of readiness', () => {
  it('a built-in criterion that is turned off is shown with its reason and does not count', async () => {
    const report = assessReadiness(await readySubject(`${without('{throughput: 1000}')}readiness:\n  - {off: throughput, reason: scored at night}\n`));
    expect(criterionOf(report, 'throughput')).toMatchObject({ state: 'off', text: 'turned off: scored at night', line: 21, next: null });
    expect(report).toMatchObject({ ready: true, counts: { met: 11, of: 11 } });
  });

  it('a criterion that a gate shows follows that gate', async () => {
    const text = `${goodText}readiness: [{criterion: quick, gate: latency.p95, group: Kiosk}, {criterion: callable, gate: signature}]\n`;
    expect(await standingOf('quick', text)).toMatchObject({ kind: 'gate', group: 'Kiosk', state: 'pass', evidence: { kind: 'gate', gate: 'latency.p95' } });
    expect(await standingOf('callable', text)).toMatchObject({ state: 'pass', evidence: { gate: 'signature' } });
    expect(await standingOf('quick', text, ({ model }) => ({ run: runOf(model, { 'latency.p95': { verdict: 'error' } }) }))).toMatchObject({ state: 'error', ready: false });
    expect(await standingOf('quick', text, () => ({ run: null }))).toMatchObject({ state: 'missing', text: 'no verdict yet' });
  });

  it('a gate by that name in a default policy that has none is missing', async () => {
    const text = `${goodText.slice(0, goodText.indexOf('gates:'))}readiness: [{criterion: quick, gate: latency.p50}]\n`;
    expect(await standingOf('quick', text)).toMatchObject({ state: 'missing', text: 'there is no gate latency.p50' });
  });
});

describe('the version in question', () => {
  const [v1, v2, v3] = [versionOf('v1', { champion: true, run: summaryOf('pass') }), versionOf('v2', { run: summaryOf('pass') }), versionOf('v3', { run: summaryOf('fail') })];

  it.each([
    ['the newest candidate that may be promoted', [v1, v2, v3], 'v2'],
    ['the newest of several', [v2, v1, versionOf('v3', { run: summaryOf('pass') })], 'v3'],
    ['else the newest candidate, judged or not', [v1, v3, versionOf('v4')], 'v4'],
    ['else the champion', [v1], 'v1'],
    ['or none', [], undefined],
  ])('is %s', (_, versions, expected) => {
    expect(chooseVersion(versions)?.version).toBe(expected);
  });
});
