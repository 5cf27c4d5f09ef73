/** Makes a group of buttons one stop of the Tab key; arrows, Home and End move inside. */
export function roving(group: HTMLElement, columns: () => number): void {
  const items = (): HTMLElement[] => [...group.querySelectorAll<HTMLElement>('button:not([hidden])')];
  const choose = (item: HTMLElement | undefined): void => {
    for (const other of items()) other.tabIndex = other === item ? 0 : -1;
  };
  choose(items()[0]);
  group.addEventListener('focusin', ({ target }) => {
    if (target instanceof HTMLElement) choose(target);
  });
  group.addEventListener('keydown', (event) => {
    const all = items();
    const now = all.indexOf(document.activeElement as HTMLElement);
    const next = now < 0 ? undefined : target(event.key, now, all.length, columns());
    if (next === undefined) return;
    event.preventDefault();
    all[next]?.focus();
  });
}

/** Where a key leads from the item `now` of `count`, laid out in so many columns. */
export function target(key: string, now: number, count: number, columns: number): number | undefined {
  const rtl = typeof document !== 'undefined' && document.documentElement.dir === 'rtl';
  const step = { ArrowRight: rtl ? -1 : 1, ArrowLeft: rtl ? 1 : -1, ArrowDown: columns, ArrowUp: -columns }[key];
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  if (step === undefined) return undefined;
  const next = now + step;
  return next >= 0 && next < count ? next : now;
}
