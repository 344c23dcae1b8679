// Who may import whom. ARCHITECTURE.md says why; test/architecture runs this in `npm test`.
const judging = 'data-quality|drift|evaluation|comparison|gates|readiness|lineage';
const acting = 'datasets|registry|serving|shadow|store';
const rule = (name, from, to) => ({ name, severity: 'error', from, to });
const home = (pkg, file) =>
  rule(`one home for ${pkg}`, { path: '^(protocol|figures|server|extension|webview)/', pathNot: file }, { path: `(^|/)node_modules/(@types/)?${pkg}/` });
module.exports = {
  forbidden: [
    rule('no cycle', {}, { circular: true }),
    rule('no orphan', { orphan: true, pathNot: '(main|cli|demo|onnx-host|judging-thread)\\.ts$|\\.config\\.[a-z]+$|^(build|docs/.*|test/.*|samples/.*)\\.ts$|^\\.' }, {}),
    rule('protocol is a leaf', { path: '^protocol/' }, { pathNot: '^protocol/' }),
    rule('stats is a leaf', { path: '^server/stats/' }, { pathNot: '^server/stats/' }),
    rule('figures draw protocol data', { path: '^figures/' }, { pathNot: '^(figures|protocol)/' }),
    rule('sides meet in protocol and figures', { path: '^(extension|server|webview)/' }, { path: '^(extension|server|webview)/', pathNot: '^$1/' }),
    rule('nothing imports test', { path: '^(protocol|figures|server|extension|webview)/' }, { path: '^(test|samples)/' }),
    rule('rooms are strangers', { path: `^server/(${judging}|${acting})/` }, { path: `^server/(${judging}|${acting})/`, pathNot: '^server/$1/' }),
    rule('rooms do not see wiring', { path: '^server/[^/]+/' }, { path: '^server/[^/]+\\.ts$', pathNot: '^server/problem\\.ts$' }),
    rule('judging does no I/O', { path: `^server/(${judging})/` }, { pathNot: '^(protocol/|server/stats/|server/$1/)' }),
    rule('engines know no room', { path: '^server/engines/' }, { path: `^server/(${judging}|${acting})/` }),
    home('vscode', '^extension/'),
    home('@duckdb', '^server/engines/duckdb\\.ts$'),
    home('onnxruntime-(node|common)', '^server/engines/onnx-host\\.ts$'),
    home('chokidar', '^server/watch\\.ts$'),
    home('express', '^server/http\\.ts$'),
    home('ws', '^(server/(feed|connection)|extension/connection)\\.ts$'),
    home('zod', '^server/config/(schema|explain|json-schema)\\.ts$'),
    home('yaml', '^(server/config/yaml-source|extension/slipway-yaml/read-yaml)\\.ts$'),
    home('@modelcontextprotocol', '^server/mcp\\.ts$'),
    home('lru-cache', '^server/serving/response-cache\\.ts$'),
    home('cockatiel', '^server/serving/remote-model\\.ts$'),
    home('@opentelemetry', '^server/open-telemetry\\.ts$'),
    home('commander', '^server/cli\\.ts$'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(node_modules|dist|\\.cache)/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'types', 'default'],
    },
  },
};
