import type { Second } from '../engine/messages.ts';

/** How the stream does, in the order a person asks. */
export interface Verdict {
  readonly kind: 'good' | 'still' | 'slow-here' | 'slow-network' | 'wait';
  /** Milliseconds, where there are any: network there and back, and this device. */
  readonly network: number | undefined;
  readonly here: number | undefined;
  readonly worstHere: number | undefined;
  readonly fps: number;
  readonly bits: number;
  /** Of the last seconds, so many with pictures left out. */
  readonly strained: number;
}

/** Judged over so many seconds, so that one hiccup is no verdict. */
const SPAN = 5;
/** Seconds with a full decoder or pictures left out that make a device slow. */
const STRAINED = 3;
const FULL = 3;
const SLOW_HERE = 80;
const SLOW_NETWORK = 150;

/** Judges the last seconds. */
export function judge(history: readonly Second[], network: number | undefined): Verdict {
  const span = history.slice(-SPAN);
  const moving = span.filter((second) => second.frames > 0);
  const last = span.at(-1);
  const here = middle(moving.map((second) => second.delay?.middle ?? 0));
  const worstHere = moving.length > 0 ? Math.max(...moving.map((second) => second.delay?.worst ?? 0)) : undefined;
  const strained = span.filter((second) => second.skipped > 0 || second.queue > FULL).length;
  const numbers = { network, here, worstHere, fps: last?.frames ?? 0, bits: (last?.bytes ?? 0) * 8, strained };
  if (history.length === 0) return { kind: 'wait', ...numbers };
  if (strained >= STRAINED || (moving.length >= STRAINED && (here ?? 0) > SLOW_HERE))
    return { kind: 'slow-here', ...numbers };
  if ((network ?? 0) > SLOW_NETWORK) return { kind: 'slow-network', ...numbers };
  if (last?.frames === 0) return { kind: 'still', ...numbers };
  return { kind: 'good', ...numbers };
}

function middle(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
