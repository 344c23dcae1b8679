import { pc } from './colours.ts';
import type { ServedVersionStatus, ServingStatus } from '../protocol/serving.ts';
import { table } from './terminal.ts';

/** What is served, and lines that ask for a prediction and work as they stand. `row` is one of the first model's data. */
export function readyText(status: ServingStatus, row: object | null): string {
  const { url, keysNeeded } = status;
  const [first] = status.models;
  const blocks = [`${pc.green('✓')} ${pc.bold(url ?? '')}`, modelsText(status)];
  if (url !== null && first !== undefined) {
    const address = `${url}/v1/models/${encodeURIComponent(first.model)}/predict`;
    const body = JSON.stringify({ rows: [row ?? {}] });
    if (row !== null)
      blocks.push(
        [
          pc.dim('# curl'),
          `curl -s ${address}${keysNeeded ? ' -H "Authorization: Bearer $SLIPWAY_KEY"' : ''} -d '${body.replaceAll("'", "'\\''")}'`,
          pc.dim('# Python'),
          keysNeeded
            ? `import os, urllib.request as u; print(u.urlopen(u.Request("${address}", ${inPython(body)}.encode(), {"Authorization": "Bearer " + os.environ["SLIPWAY_KEY"]})).read().decode())`
            : `import urllib.request; print(urllib.request.urlopen("${address}", ${inPython(body)}.encode()).read().decode())`,
          pc.dim('// TypeScript'),
          `console.log(await (await fetch("${address}", { method: "POST", ${keysNeeded ? 'headers: { authorization: `Bearer ${process.env.SLIPWAY_KEY}` }, ' : ''}body: JSON.stringify(${body}) })).json())`,
        ].join('\n'),
      );
    blocks.push(pc.dim(`Open Inference Protocol: ${url}/v2 · metrics: ${url}/metrics · Ctrl-C ends`));
  }
  return blocks.join('\n\n');
}

/** A Python text, which JSON's text is but for the quotes that fill it. */
function inPython(text: string): string {
  return /['\\]/.test(text) ? JSON.stringify(text) : `'${text}'`;
}

/** One line for what has changed while it is served. */
export function servingText(status: ServingStatus | null): string {
  return status === null ? 'Nothing is served any more' : modelsText(status);
}

function modelsText({ models }: ServingStatus): string {
  const rows = models.flatMap(({ model, route, reason, versions }) =>
    versions.map((version) => [model, version.version, stateText(version), shareText(route?.weights.find((each) => each.version === version.version)?.share ?? 0, version, route === null ? reason : null), providerText(version)]),
  );
  return rows.length === 0 ? `${pc.yellow('?')} There is no model to serve` : table(['model', 'version', 'state', 'requests', 'runs on'], rows).join('\n');
}

function stateText({ state, reason }: ServedVersionStatus): string {
  return state === 'ready' ? pc.green('ready') : state === 'loading' ? pc.yellow('loading') : `${pc.red('unavailable')}: ${reason}`;
}

function shareText(share: number, { version, alias }: ServedVersionStatus, reason: string | null): string {
  const named = `/versions/${version}${String(alias) === version ? '' : ` or ${alias}`}`;
  if (reason !== null) return `${named} only: ${reason}`;
  return share === 0 ? `${named} only` : `${Number((share * 100).toFixed(2))}% of all`;
}

function providerText({ provider, refused, maxBatchRows, batchReason }: ServedVersionStatus): string {
  if (provider === null) return '';
  const fallback = refused.length === 0 ? '' : ` (${refused.map(({ provider: other, reason }) => `${other} refused: ${reason.split('\n')[0]}`).join('; ')})`;
  return `${provider.toUpperCase()}${fallback}, ${batchReason === null ? `up to ${maxBatchRows} rows together` : `rows one by one: ${batchReason}`}`;
}
