import { afterEach } from 'vitest';
import type { Workbench } from './workbench.ts';

/** Keeps a picture of the window as it was when a test failed. */
export function pictureFailures(window: () => Workbench | undefined): void {
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await window()?.screenshot(`failed-${task.name.replaceAll(/\W+/g, '-').slice(0, 60)}`);
  });
}
