/** Which folded parts the user has opened, so that they are open again after a reload. */
export interface KeptOpened {
  readonly value: { opened: string[] };
  set(change: { opened: string[] }): void;
}

const openedMax = 100;

/**
 * Opens again what was open, and keeps what is opened and closed from now on. To be called after each drawing.
 *
 * @param seen folded parts of this page that have been looked at; new ones are opened as they were
 */
export function keepOpened(page: HTMLElement, kept: KeptOpened, seen: WeakSet<HTMLDetailsElement>): void {
  for (const details of page.querySelectorAll('details')) {
    if (seen.has(details)) continue;
    seen.add(details);
    const key = keyOf(details, page);
    const untouched = details.open;
    if (kept.value.opened.includes(`+${key}`)) details.open = true;
    if (kept.value.opened.includes(`-${key}`)) details.open = false;
    details.addEventListener('toggle', () => {
      const others = kept.value.opened.filter((each) => each.slice(1) !== key);
      kept.set({ opened: details.open === untouched ? others : [...others, `${details.open ? '+' : '-'}${key}`].slice(-openedMax) });
    });
  }
}

function keyOf(details: HTMLDetailsElement, page: HTMLElement): string {
  const panel = details.closest('[role=tabpanel]')?.id ?? '';
  const name = details.querySelector('summary')?.textContent.trim() ?? '';
  const alike = [...page.querySelectorAll('details')].filter((each) => each.querySelector('summary')?.textContent.trim() === name);
  return `${panel}/${name}/${alike.indexOf(details)}`;
}
