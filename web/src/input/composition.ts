/** What the hidden field holds at rest: something to delete, so that on-screen keyboards report it. */
export const REST = '\u00a0\u00a0';

/** How one text became another at its end: so many characters deleted, then these typed. */
export function difference(before: string, after: string): { deleted: number; typed: string } {
  const old = [...before];
  const now = [...after];
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) same += 1;
  return { deleted: old.length - same, typed: now.slice(same).join('') };
}
