import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong on a page: rule, what stands there, and why; best practices too. */
export async function violationsOn(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>('axe.run(document, { resultTypes: ["violations"] })');
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.replaceAll('\n', ' ').slice(0, 240)}`));
}

/** Buttons whose names are not in Title Case; words from the workspace are as they are. */
export async function smallButtonsOn(page: Page): Promise<string[]> {
  const names = await page.evaluate<string[]>('[...document.querySelectorAll("slip-button")].map(({ textContent }) => textContent.trim().replace(/\\s+/g, " "))');
  return names.filter((name) => name.split(' ').some((word, index) => /^[a-z]+…?$/.test(word) && (index === 0 || !smallWords.has(word))));
}

const smallWords = new Set(['a', 'and', 'as', 'at', 'by', 'for', 'in', 'into', 'of', 'on', 'or', 'the', 'to', 'with']);

/** How far the page is wider than its window. */
export function overflowOn(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
}
