import { createRequire } from 'node:module';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { describe, expect, it } from 'vitest';

const config = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as { forbidden: IForbiddenRuleType[]; options: Record<string, unknown> };

describe('who may import whom', () => {
  it('no file breaks an import rule', async () => {
    const { output } = await cruise(
      ['protocol', 'figures', 'server', 'test', 'build.ts'],
      { ...config.options, ruleSet: { forbidden: config.forbidden }, validate: true } as Parameters<typeof cruise>[1],
      undefined,
      { tsConfig: extractTSConfig('tsconfig.base.json') },
    );
    const { summary } = output as ICruiseResult;
    expect(summary.totalCruised).toBeGreaterThan(50);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  }, 120_000);
});
