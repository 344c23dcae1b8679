import type { Workbench } from '../workbench.ts';

export function showLog({ log }: Workbench): void {
  log.show();
}
