import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { generateDocs, pathOf } from '../../docs/generate.ts';
import { parseConfig } from '../../server/config.ts';
import { configJsonSchema, type JsonSchema } from '../../server/config/json-schema.ts';

it('what is generated in docs/ is what the code says now (`npm run docs` writes it)', async () => {
  const docs = await generateDocs();
  expect([...docs.keys()]).toEqual(expect.arrayContaining(['config.md', 'slipway.schema.json']));
  for (const [name, text] of docs) expect(await readFile(pathOf(name), 'utf8'), `docs/${name}`).toBe(text);
});

it('every key that may be written is described', () => {
  const nameless: string[] = [];
  const walk = (schema: JsonSchema, path: string): void => {
    for (const [key, value] of Object.entries(schema.properties ?? {})) {
      if (value.description === undefined && value.$ref === undefined) nameless.push(`${path}${key}`);
      walk(value, `${path}${key}.`);
    }
    for (const form of schema.anyOf ?? []) walk(form, path);
    if (typeof schema.additionalProperties === 'object') walk(schema.additionalProperties, `${path}*.`);
    if (schema.items) walk(schema.items, `${path}*.`);
  };
  const schema = configJsonSchema();
  walk(schema, '');
  for (const [name, definition] of Object.entries(schema.definitions ?? {})) walk(definition, `${name}.`);
  expect(nameless).toEqual([]);
});

it('every example in docs/config.md is read without complaint', async () => {
  const text = await readFile(pathOf('config.md'), 'utf8');
  const examples = [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, yaml]) => yaml);
  expect(examples.length).toBeGreaterThan(1);
  for (const example of examples) {
    const whole = example.includes('datasets:') ? example : `datasets: {current: c.csv}\n${example}`;
    expect(await parseConfig(whole, { path: 'docs/config.md' })).toMatchObject({ warnings: [] });
  }
});

it('the JSON Schema knows the metrics by name, and completes what the parser accepts', () => {
  const gate = configJsonSchema().definitions?.gate;
  const metric = gate?.anyOf?.[0].properties?.metric;
  expect(metric?.anyOf?.[0].enum).toEqual(expect.arrayContaining(['roc_auc', 'rmse', 'mrr', 'bleu']));
  expect(metric?.anyOf?.[0].enum).not.toContain('demographic_parity_ratio');
});
