import type { GamepadMessage } from '../proto/messages.ts';

/** Controls of the standard mapping (W3C Gamepad, section 14). */
export const BUTTONS = 17;
export const AXES = 4;

/** Its buttons by their number in the mapping. */
export const BUTTON = {
  a: 0,
  b: 1,
  x: 2,
  y: 3,
  l1: 4,
  r1: 5,
  l2: 6,
  r2: 7,
  select: 8,
  start: 9,
  l3: 10,
  r3: 11,
  up: 12,
  down: 13,
  left: 14,
  right: 15,
  home: 16,
} as const;

/** Where every control is: buttons from 0 to 1, axes from -1 to 1. */
export interface Controls {
  readonly buttons: readonly number[];
  readonly axes: readonly number[];
}

export const REST: Controls = { buttons: Array(BUTTONS).fill(0), axes: Array(AXES).fill(0) };

/** A stick that nobody touches stands about here. */
const STICK_REST = 0.05;
const TRIGGER_REST = 0.02;
/** Less than this is a trembling hand, or the noise of a sensor. */
const TREMBLE = 1 / 256;

/** What of a browser's `Gamepad` is read. */
export interface Source {
  readonly mapping: string;
  readonly axes: readonly number[];
  readonly buttons: readonly { readonly pressed: boolean; readonly value: number }[];
}

/** How a controller's own numbers become those of the standard mapping. */
export type Layout = 'standard' | 'xpad' | 'raw';

export function layoutOf({ mapping, axes, buttons }: Source): Layout {
  if (mapping === 'standard') return 'standard';
  // Linux's driver for what most games expect, which browsers that know no better pass on as it is.
  return axes.length === 8 && buttons.length === 11 ? 'xpad' : 'raw';
}

/** Reads a controller. It remembers which triggers have said where they are. */
export class Reader {
  readonly #woken = new Set<number>();

  read(source: Source): Controls {
    const buttons = source.buttons.map(({ pressed, value }) =>
      settle(value > 0 ? value : pressed ? 1 : 0, TRIGGER_REST),
    );
    const axes = source.axes.map((value) => settle(value, STICK_REST));
    const layout = layoutOf(source);
    if (layout === 'xpad') return this.#xpad(source, buttons, axes);
    const out = { buttons: fill(buttons, BUTTONS), axes: fill(axes, AXES) };
    if (layout === 'standard' && source.axes.length >= 6) {
      // Firefox has the triggers of some controllers as further axes.
      out.buttons[BUTTON.l2] = Math.max(out.buttons[BUTTON.l2] ?? 0, this.#trigger(source, 4));
      out.buttons[BUTTON.r2] = Math.max(out.buttons[BUTTON.r2] ?? 0, this.#trigger(source, 5));
    }
    return out;
  }

  #xpad(source: Source, buttons: readonly number[], axes: readonly number[]): Controls {
    const [a = 0, b = 0, x = 0, y = 0, l1 = 0, r1 = 0, select = 0, start = 0, home = 0, l3 = 0, r3 = 0] = buttons;
    const [across = 0, along = 0] = axes.slice(6);
    const hat = [-along, along, -across, across].map((value) => (value > 0.5 ? 1 : 0));
    const triggers = [this.#trigger(source, 2), this.#trigger(source, 5)];
    return {
      buttons: [a, b, x, y, l1, r1, ...triggers, select, start, l3, r3, ...hat, home],
      axes: [axes[0] ?? 0, axes[1] ?? 0, axes[3] ?? 0, axes[4] ?? 0],
    };
  }

  /** An axis whose rest is -1, and which says 0 until it has been moved. */
  #trigger({ axes }: Source, index: number): number {
    const value = axes[index] ?? 0;
    if (value !== 0) this.#woken.add(index);
    return this.#woken.has(index) ? settle((clamp(value, -1) + 1) / 2, TRIGGER_REST) : 0;
  }
}

/** Two hands on one controller: what is farther off rest counts. */
export function merged(one: Controls, other: Controls): Controls {
  const farther = (a: readonly number[], b: readonly number[]): number[] =>
    a.map((value, index) => (Math.abs(b[index] ?? 0) > Math.abs(value) ? (b[index] ?? 0) : value));
  return { buttons: farther(one.buttons, other.buttons), axes: farther(one.axes, other.axes) };
}

/** What has to be said when `now` follows on what was said last; and what has been said then. */
export function changes(slot: number, said: Controls, now: Controls): { messages: GamepadMessage[]; said: Controls } {
  const messages: GamepadMessage[] = [];
  const next = (event: 'button' | 'axis', before: readonly number[], after: readonly number[]): number[] =>
    before.map((old, index) => {
      const value = after[index] ?? 0;
      if (!differs(old, value)) return old;
      messages.push({ type: 'gamepad', slot, event, index, value });
      return value;
    });
  const buttons = next('button', said.buttons, now.buttons);
  const axes = next('axis', said.axes, now.axes);
  return messages.length === 0 ? { messages, said } : { messages, said: { buttons, axes } };
}

export function isAtRest({ buttons, axes }: Controls): boolean {
  return buttons.every((value) => value === 0) && axes.every((value) => value === 0);
}

/** Rest and the ends are said exactly. */
function differs(before: number, now: number): boolean {
  if (before === now) return false;
  return now === 0 || Math.abs(now) === 1 || Math.abs(now - before) >= TREMBLE;
}

/** Four digits are more than any stick has. */
function settle(value: number, rest: number): number {
  if (!Number.isFinite(value) || Math.abs(value) < rest) return 0;
  return Math.round(clamp(value, -1) * 1e4) / 1e4;
}

function clamp(value: number, least: number): number {
  return Math.min(1, Math.max(least, value));
}

function fill(values: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, index) => values[index] ?? 0);
}
