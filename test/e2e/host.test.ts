import { afterAll, describe, it } from 'vitest';
import { tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { copySample, makeFolder, startEditor } from './editor.ts';
import { runInHost } from './run-in-host.ts';

const editor = await startEditor();
afterAll(() => editor.close());

const suites: { suite: string; workspace: () => Promise<string> }[] = [
  { suite: 'activation', workspace: () => copySample('flight-delay') },
  { suite: 'language', workspace: makeTiny },
];

async function makeTiny(): Promise<string> {
  const folder = await makeFolder({});
  await writeFiles(folder, tinyWorkspace());
  return folder;
}

for (const { suite, workspace } of suites) {
  // Run while the tests are being collected: their names are known only in the host.
  const results = await runInHost(editor, suite, await workspace());
  describe(suite, () => {
    for (const { name, error } of results) {
      it(name, () => {
        if (error !== null) throw new Error(error);
      });
    }
  });
}
