// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { REST } from '../src/input/gamepad.ts';
import { DesktopGamepads } from '../src/input/gamepads.ts';
import { encode } from '../src/proto/encode.ts';
import { Scope } from '../src/scope.ts';

interface FakePad {
  index: number;
  id: string;
  mapping: string;
  connected: boolean;
  axes: number[];
  buttons: { pressed: boolean; value: number }[];
}

let plugged: (FakePad | null)[] = [];
let frames: (() => void)[] = [];
let now = 0;
let scope: Scope;
let said: string[] = [];
let slots: readonly number[] = [0, 1, 2, 3];
let open = true;
let changed = 0;
let polls = 0;

beforeEach(() => {
  [plugged, frames, now, said, slots, open, changed, polls] = [[], [], 0, [], [0, 1, 2, 3], true, 0, 0];
  scope = new Scope();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run));
  vi.stubGlobal('cancelAnimationFrame', () => {
    frames = [];
  });
  Object.defineProperty(navigator, 'getGamepads', {
    configurable: true,
    value: () => {
      polls += 1;
      return plugged;
    },
  });
});

afterEach(() => {
  scope.dispose();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function make(): DesktopGamepads {
  return new DesktopGamepads(scope, {
    slots: () => slots,
    open: () => open,
    send: (message) => said.push(encode(message)),
    changed: () => {
      changed += 1;
    },
  });
}

function plug(index: number): FakePad {
  const buttons = Array.from({ length: 17 }, () => ({ pressed: false, value: 0 }));
  const pad = { index, id: 'Pad', mapping: 'standard', connected: true, axes: [0, 0, 0, 0], buttons };
  plugged[index] = pad;
  window.dispatchEvent(new Event('gamepadconnected'));
  return pad;
}

function unplug(index: number): void {
  plugged[index] = null;
  window.dispatchEvent(new Event('gamepaddisconnected'));
}

function press(pad: FakePad, index: number, value: number): void {
  pad.buttons[index] = { pressed: value > 0, value };
}

/** One frame, 16 ms later. */
function frame(): void {
  now += 16;
  for (const run of frames.splice(0)) run();
}

function take(): string[] {
  return said.splice(0);
}

const CONNECT = 'js,c,0,UGFk,4,17';

describe('the gamepads of a page', () => {
  test('are read only while there are any', () => {
    make();
    const before = polls;
    for (let count = 0; count < 5; count += 1) frame();
    expect([polls - before, frames.length]).toEqual([0, 0]);
    plug(0);
    expect(frames.length).toBe(1);
    frame();
    expect(frames.length).toBe(1);
    unplug(0);
    frame();
    expect(frames.length).toBe(0);
    expect(take()).toEqual([CONNECT, 'js,d,0']);
    expect(changed).toBe(2);
  });

  test('say what they do, and ten times a second that something is still held', () => {
    make();
    const pad = plug(0);
    take();
    frame();
    expect(take()).toEqual([]);
    press(pad, 3, 1);
    frame();
    expect(take()).toEqual(['js,b,0,3,1']);
    const from = now;
    while (now < from + 1000) frame();
    const beats = take();
    expect(new Set(beats)).toEqual(new Set(['js,h,0']));
    expect(beats.length).toBeGreaterThanOrEqual(8);
    expect(beats.length).toBeLessThanOrEqual(10);
    press(pad, 3, 0);
    frame();
    expect(take()).toEqual(['js,b,0,3,0']);
    for (let count = 0; count < 60; count += 1) frame();
    expect(take()).toEqual([]);
  });

  test('have a slot each, as long as there are some', () => {
    const pads = make();
    for (const index of [5, 1, 0, 2, 7]) plug(index);
    expect(take().map((text) => text.slice(0, 6))).toEqual(['js,c,0', 'js,c,1', 'js,c,2', 'js,c,3']);
    expect(pads.pads.map(({ slot }) => slot)).toEqual([0, 1, 2, 3, undefined]);
    unplug(1);
    // The one that waited has the place now.
    expect(take()).toEqual(['js,c,1,UGFk,4,17']);
    expect(pads.pads.map(({ slot }) => slot)).toEqual([0, 2, 3, 1]);
    plug(1);
    expect(take()).toEqual([]);
    expect(pads.pads.at(-1)?.slot).toBeUndefined();
  });

  test('are announced anew to a desktop that is reached anew, with what is held', () => {
    const pads = make();
    const pad = plug(0);
    press(pad, 0, 1);
    frame();
    take();
    open = false;
    pads.update();
    frame();
    expect(take()).toEqual([]);
    open = true;
    pads.update();
    expect(take()).toEqual([CONNECT, 'js,b,0,0,1']);
  });

  test('rest while the window is in the background, and are not read', () => {
    make();
    const pad = plug(0);
    press(pad, 0, 1);
    frame();
    take();
    window.dispatchEvent(new Event('blur'));
    expect(take()).toEqual(['js,b,0,0,0']);
    press(pad, 1, 1);
    frame();
    expect([take(), frames.length]).toEqual([[], 0]);
    window.dispatchEvent(new Event('focus'));
    expect(take()).toEqual(['js,b,0,0,1', 'js,b,0,1,1']);
  });

  test('are nobody’s where the page may have none', () => {
    const pads = make();
    slots = [];
    plug(0);
    frame();
    expect([take(), frames.length, pads.allowed]).toEqual([[], 0, false]);
    // It is a player after all.
    slots = [2];
    pads.update();
    expect(take()).toEqual(['js,c,2,UGFk,4,17']);
    slots = [];
    pads.update();
    expect(pads.pads).toEqual([]);
    expect(take()).toEqual(['js,d,2']);
  });

  test('are taken leave of with the page', () => {
    make();
    press(plug(0), 0, 1);
    frame();
    take();
    scope.dispose();
    expect(take()).toEqual(['js,d,0']);
  });

  test('and thumbs on the screen are one gamepad in the first slot', () => {
    const pads = make();
    const up = { buttons: REST.buttons, axes: [0, -1, 0, 0] };
    pads.touch(REST);
    expect(take()).toEqual([`js,c,0,${btoa('Touch gamepad')},4,17`]);
    expect(frames.length).toBe(0);
    pads.touch(up);
    expect(take()).toEqual(['js,a,0,1,-1']);
    // Nothing moves, and it says so.
    for (let count = 0; count < 8; count += 1) frame();
    expect(take()).toEqual(['js,h,0']);
    press(plug(0), 0, 1);
    frame();
    expect(take()).toEqual([CONNECT, 'js,a,0,1,-1', 'js,b,0,0,1']);
    pads.touch(undefined);
    expect(take()).toEqual(['js,a,0,1,0']);
    unplug(0);
    expect(take()).toEqual(['js,d,0']);
  });
});
