import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { tools } from '../../protocol/tools.ts';

interface Declared {
  name: string;
  modelDescription: string;
  inputSchema: object;
}

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { contributes: { languageModelTools: Declared[] } };

it('the manifest declares the tools for agents as they are', () => {
  expect(manifest.contributes.languageModelTools.map(({ name, modelDescription, inputSchema }) => ({ name, modelDescription, inputSchema }))).toEqual(
    tools.map(({ name, description, input }) => ({ name: `slipway_${name}`, modelDescription: description, inputSchema: input })),
  );
});
