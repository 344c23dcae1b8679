import type { GateResult } from '../protocol/gates.ts';
import type { RunReport } from '../protocol/run.ts';

/**
 * Gates as JUnit XML: one suite per run, one case per gate. A failed gate is a failure; an error, and an inconclusive
 * blocking gate, is an error, so that no CI shows green for what is not known. Warnings that did not pass are skipped with their reason.
 */
export function junitOf(reports: RunReport[]): string {
  const suites = reports.map((report) => {
    const cases = report.gates.map((gate) => caseOf(gate, report));
    const count = (tag: string) => cases.filter((text) => text.includes(`<${tag} `)).length;
    const seconds = (Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1000;
    return [
      `  <testsuite name="${xml(`${report.model.name} ${report.model.version}`)}" tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${seconds.toFixed(3)}" timestamp="${report.startedAt.replace(/\.\d+Z$/, '')}" id="${xml(report.id)}">`,
      `    <properties>`,
      ...Object.entries({
        'model.digest': report.model.digest,
        'policy.digest': report.lineage.policy.digest,
        'config.digest': report.lineage.config.digest,
        'code.revision': report.lineage.code.revision ?? 'unknown',
        verdict: report.decision.verdict,
        sentence: report.decision.sentence,
      }).map(([name, value]) => `      <property name="${xml(name)}" value="${xml(value)}"/>`),
      `    </properties>`,
      ...cases,
      `  </testsuite>`,
    ].join('\n');
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="slipway">\n${suites.join('\n')}\n</testsuites>\n`;
}

function caseOf(result: GateResult, report: RunReport): string {
  const { gate, verdict, title, reason, needs } = result;
  const line = gate.line === undefined ? '' : ` file="slipway.yaml" line="${gate.line}"`;
  const head = `    <testcase classname="${xml(`${report.model.name}.${report.model.version}`)}" name="${xml(`${gate.id}: ${title} ${needs}`)}"${line}`;
  if (verdict === 'pass') return `${head}/>`;
  const parts = result.parts.filter((part) => part.verdict !== 'pass').map((part) => `${part.title}: ${part.verdict}, ${part.reason}`);
  const detail = [reason, ...parts].join('\n');
  if (gate.severity !== 'block') return `${head}>\n      <skipped message="${xml(`${gate.severity}: ${verdict}, ${reason}`)}"/>\n    </testcase>`;
  const tag = verdict === 'fail' ? 'failure' : 'error';
  return `${head}>\n      <${tag} type="${verdict}" message="${xml(reason)}">${xml(detail)}</${tag}>\n    </testcase>`;
}

/** Escapes for XML 1.0 and drops the control characters it cannot hold. */
function xml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
