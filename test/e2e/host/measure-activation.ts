import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const extension = vscode.extensions.getExtension('slipway.slipway');

/** Native modules that have been loaded into this process from the extension's folder. */
function nativeModules(): string[] {
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
  return sharedObjects.filter((path) => path.startsWith(extension?.extensionPath ?? ''));
}

export const tests = {
  /** From asking for the extension to its having registered everything: its code is read and run in between. */
  async activation() {
    assert.ok(extension);
    assert.equal(extension.isActive, false, 'it had been activated before it was measured');
    const before = performance.now();
    await extension.activate();
    return { milliseconds: performance.now() - before, nativeModules: nativeModules() };
  },
};
