/** Reports as files: a bundle of its own, since few editors ever write one. */
export { batchPage } from '../figures/batch-page.ts';
export { reportPage } from '../figures/report-page.ts';
