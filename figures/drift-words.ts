import type { DriftVerdict, Statistic } from '../protocol/drift.ts';

/** Sign and word, so that colour is never the only difference. */
export const driftWords: Record<DriftVerdict, string> = { moved: '▲ moved', error: '! error', inconclusive: '? too few rows', still: '✓ still' };

/** As the field writes them, short enough for a table. */
export const statisticNames: Record<Statistic['name'], string> = {
  ks: 'K-S D',
  wasserstein: 'W1',
  wasserstein_normed: 'W1 ÷ σ',
  psi: 'PSI',
  js_distance: 'JS',
  chi_square: 'χ²',
  cramers_v: 'V',
  cramers_v_balanced: 'V',
  linf: 'L∞',
  tvd: 'TVD',
  auc: 'AUC',
  energy: 'energy',
  cramer_von_mises: 'C-vM',
  mann_whitney: 'U',
  null_share_difference: 'missing',
  pca_reconstruction: 'PCA error',
};
