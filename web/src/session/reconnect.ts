/** After this much silence a loss is worth a word; most are over by then. */
export const SILENT_FOR = 1500;

const DELAYS = [300, 1000, 2000, 4000, 8000, 15_000] as const;
const STOPPED_DELAYS = [1000, 2000, 5000, 10_000] as const;

/** How long to wait before the next try, after so many that failed. */
export function retryDelay(tries: number, stopped: boolean): number {
  const delays = stopped ? STOPPED_DELAYS : DELAYS;
  return delays[Math.min(tries, delays.length - 1)] ?? 10_000;
}

const RELOADS = 2;
const RELOAD_SPAN = 30_000;

/** Whether the page may reload once more, given when it did; a login that fails must not spin. */
export function mayReload(times: readonly number[], now: number): boolean {
  return times.filter((time) => now - time < RELOAD_SPAN).length < RELOADS;
}

/** Times of reloads as they were stored. */
export function parseTimes(text: string | null): number[] {
  try {
    const json: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(json) ? json.filter((time) => typeof time === 'number') : [];
  } catch {
    return [];
  }
}
