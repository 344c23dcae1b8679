import { afterAll, describe, it } from 'vitest';
import { copySample, startEditor } from './editor.ts';
import { runInHost } from './run-in-host.ts';

const editor = await startEditor();
afterAll(() => editor.close());

const suites: { suite: string; workspace: () => Promise<string> }[] = [{ suite: 'activation', workspace: () => copySample('flight-delay') }];

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
