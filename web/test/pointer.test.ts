import { describe, expect, test } from 'vitest';
import { LEFT, MIDDLE, maskOf, Pointer, RIGHT } from '../src/input/pointer.ts';
import { Wheel } from '../src/input/wheel.ts';
import { encode } from '../src/proto/encode.ts';

function pointer(): { pointer: Pointer; sent: string[] } {
  const sent: string[] = [];
  return { pointer: new Pointer((message) => sent.push(encode(message))), sent };
}

describe('pointer', () => {
  test('buttons of the page are bits of the wire', () => {
    expect(maskOf(1)).toBe(LEFT);
    expect(maskOf(2)).toBe(RIGHT);
    expect(maskOf(4)).toBe(MIDDLE);
    expect(maskOf(8)).toBe(8);
    expect(maskOf(16)).toBe(16);
    expect(maskOf(1 | 2 | 4)).toBe(7);
  });

  test('a pen’s barrel is the right button, its eraser has a bit of its own', () => {
    expect(maskOf(1 | 2)).toBe(LEFT | RIGHT);
    expect(maskOf(32)).toBe(32);
  });

  test('what happens is said as it happens, and not again', () => {
    const { pointer: mouse, sent } = pointer();
    mouse.at(10, 10, 0);
    mouse.at(10, 10, 0);
    mouse.at(20, 20, 0);
    mouse.at(20, 20, LEFT);
    expect(sent).toEqual(['m,10,10,0,0', 'm,20,20,0,0', 'm,20,20,1,0']);
  });

  test('the wheel is cleared, turned and cleared', () => {
    const { pointer: mouse, sent } = pointer();
    mouse.at(5, 6, 0);
    mouse.wheel(0, 1);
    expect(sent).toEqual(['m,5,6,0,0', 'm2,0,0,0,1', 'm2,0,0,8,1', 'm2,0,0,0,1']);
  });

  test('the wheel keeps held buttons and leaves thumb buttons out', () => {
    const { pointer: mouse, sent } = pointer();
    mouse.at(5, 6, LEFT | 8);
    mouse.wheel(2, 0);
    expect(sent.slice(1)).toEqual(['m2,0,0,1,2', 'm2,0,0,129,2', 'm2,0,0,1,2']);
  });

  test('up and left have bits of their own, and notches a limit', () => {
    const { pointer: mouse, sent } = pointer();
    mouse.wheel(-1, -1000);
    expect(sent[1]).toBe('m2,0,0,16,64');
    expect(sent[4]).toBe('m2,0,0,64,1');
  });

  test('relative movement keeps what is less than a pixel', () => {
    const { pointer: mouse, sent } = pointer();
    for (let count = 0; count < 5; count += 1) mouse.by(0.5, -0.5, 0);
    expect(sent).toEqual(['m2,1,-1,0,0', 'm2,1,-1,0,0']);
    mouse.by(0, 0, LEFT);
    expect(sent.at(-1)).toBe('m2,0,0,1,0');
  });

  test('after relative movement the place is said again, even the same', () => {
    const { pointer: mouse, sent } = pointer();
    mouse.at(7, 8, 0);
    mouse.by(3, 0, 0);
    mouse.at(7, 8, 0);
    expect(sent).toEqual(['m,7,8,0,0', 'm2,3,0,0,0', 'm,7,8,0,0']);
  });

  test('buttons are let go where the pointer is', () => {
    const { pointer: mouse, sent } = pointer();
    mouse.at(7, 8, RIGHT);
    mouse.releaseAll();
    mouse.releaseAll();
    expect(sent).toEqual(['m,7,8,4,0', 'm,7,8,0,0']);
    mouse.by(1, 0, LEFT);
    mouse.releaseAll();
    expect(sent.slice(2)).toEqual(['m2,1,0,1,0', 'm2,0,0,0,0']);
  });
});

describe('wheel', () => {
  /** Turns one after the other, `every` milliseconds. */
  function turns(deltas: readonly number[], every: number, mode = 0, detents?: (delta: number) => number): number[] {
    const wheel = new Wheel();
    return deltas.map((deltaY, at) => {
      const more = detents ? { wheelDeltaY: detents(deltaY) } : {};
      return wheel.turn({ deltaX: 0, deltaY, deltaMode: mode, timeStamp: 1000 + at * every, ...more }).down;
    });
  }
  const sum = (all: number[]): number => all.reduce((one, other) => one + other, 0);
  const times = (count: number, delta: number): number[] => Array.from({ length: count }, () => delta);

  test.each<[name: string, delta: number, mode: number, detents: number | undefined, notches: number]>([
    ['Chromium on Linux', 120, 0, -120, 1],
    ['Chromium on Windows', 100, 0, -120, 1],
    ['… on a page zoomed to 250 %', -40.1, 0, 120, -1],
    ['… when two came together', 200, 0, -240, 2],
    ['Firefox, which counts lines', 3, 1, undefined, 1],
    ['a wheel set to whole pages', 1, 2, undefined, 1],
    ['a browser that has pixels only', -100, 0, undefined, -1],
  ])('a notch of %s', (_, delta, mode, detents, notches) =>
    expect(turns([delta], 0, mode, detents === undefined ? undefined : () => detents)).toEqual([notches]),
  );

  test('a wheel of high resolution adds up to its notches exactly', () => {
    const fine = turns(times(80, 12.5), 8, 0, (delta) => -1.2 * delta);
    expect(sum(fine)).toBe(10);
    const thirds = turns(times(300, 40), 8, 0, () => -40.0001);
    expect(sum(thirds)).toBe(100);
  });

  test('a touchpad gathers, and nothing is lost', () =>
    expect(sum(turns(times(105, 10), 16, 0, (delta) => -3 * delta))).toBe(21));

  test('a wheel of a small notch is learned from turns that stand alone', () => {
    // A Mac reports a slow notch as a few pixels and parts of one.
    const slow = turns(times(6, 4.000244140625), 150, 0, (delta) => -3 * delta);
    expect(slow.slice(1)).toEqual([1, 1, 1, 1, 1]);
    // Windows with one line per notch, in Firefox.
    expect(turns(times(4, 1), 150, 1).slice(1)).toEqual([1, 1, 1]);
    // Spun quickly, the same wheel counts each notch.
    const wheel = turns([53, 53, 106, 53], 150, 0);
    expect(wheel.slice(1)).toEqual([1, 2, 1]);
  });

  test('a touchpad’s small steps are not taken for notches', () =>
    expect(sum(turns(times(10, 3), 150, 0, (delta) => -3 * delta))).toBe(0));

  test('turning back starts afresh', () => {
    expect(turns([40, -50], 16)).toEqual([0, -1]);
    expect(turns([-49, 20, 31], 16)).toEqual([0, 0, 1]);
  });

  test('both directions count for themselves', () => {
    const wheel = new Wheel();
    const at = { deltaMode: 0, timeStamp: 0 };
    expect(wheel.turn({ deltaX: 30, deltaY: 40, ...at })).toEqual({ across: 0, down: 0 });
    expect(wheel.turn({ deltaX: 30, deltaY: 5, ...at, timeStamp: 10 })).toEqual({ across: 1, down: 0 });
    expect(wheel.turn({ deltaX: 0, deltaY: 6, ...at, timeStamp: 20 })).toEqual({ across: 0, down: 1 });
  });

  test('a pinch on a touchpad zooms in notches', () => {
    const wheel = new Wheel();
    const pinch = (deltaY: number): number => wheel.pinch({ deltaX: 0, deltaY, deltaMode: 0, timeStamp: 0 });
    expect([4, 4, 4, -2, -9].map(pinch)).toEqual([0, 0, 1, 0, -1]);
  });
});
