import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const extension = vscode.extensions.getExtension('slipway.slipway');

export const tests = {
  async 'the extension is active in a folder with slipway.yaml'() {
    assert.ok(extension);
    await extension.activate();
    assert.equal(extension.isActive, true);
  },

  async 'commands of the manifest are those that are registered'() {
    const declared = (extension?.packageJSON as { contributes: { commands: { command: string }[] } }).contributes.commands.map(({ command }) => command);
    const registered = (await vscode.commands.getCommands(true)).filter((id) => /^slipway\.[a-zA-Z]+$/.test(id));
    assert.deepEqual(registered.sort(), declared.sort());
  },
};
