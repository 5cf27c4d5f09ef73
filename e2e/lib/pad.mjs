// Both ends of a gamepad: one that is plugged into the browser, and what a program reads of it.

import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { endianness, tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './wait.mjs';

/** Bytes of the description that comes first. */
const DESCRIPTION = 1360;
const LITTLE = endianness() === 'LE';

/** A directory for the sockets of one server. */
export function place(stage) {
  const directory = mkdtempSync(join(tmpdir(), 'selkies-e2e-pads-'));
  stage.atEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A program that has opened a gamepad through the joystick interposer. */
export class Consumer {
  /** As a program would have it after reading everything: controls by number. */
  buttons = new Map();
  axes = new Map();
  /** Every change after the first state: `button 0 1`, `axis 2 -32767`. */
  changes = [];
  #socket;
  #bytes = Buffer.alloc(0);
  #name;

  static async open(stage, path, size = 8) {
    const consumer = new Consumer();
    consumer.#socket = connect(path);
    stage.atEnd(() => consumer.#socket.destroy());
    consumer.#socket.on('data', (bytes) => consumer.#read(bytes));
    consumer.#socket.on('error', () => {});
    consumer.#socket.write(Buffer.from([size]));
    await until('the gamepad introduces itself', () => consumer.#name);
    return consumer;
  }

  get name() {
    return this.#name;
  }

  write(bytes) {
    this.#socket.write(bytes);
  }

  #read(bytes) {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.#name === undefined) {
      if (this.#bytes.length < DESCRIPTION) return;
      this.#name = this.#bytes.toString('latin1', 0, this.#bytes.indexOf(0));
      this.#bytes = this.#bytes.subarray(DESCRIPTION);
    }
    // struct js_event of linux/joystick.h.
    for (; this.#bytes.length >= 8; this.#bytes = this.#bytes.subarray(8)) {
      const value = LITTLE ? this.#bytes.readInt16LE(4) : this.#bytes.readInt16BE(4);
      const type = this.#bytes[6];
      const number = this.#bytes[7];
      const first = (type & 0x80) !== 0;
      const button = (type & 0x7f) === 1;
      (button ? this.buttons : this.axes).set(number, value);
      if (!first) this.changes.push(`${button ? 'button' : 'axis'} ${number} ${value}`);
    }
  }

  /** Waits for exactly these changes, and forgets them. */
  async hears(...expected) {
    await until(`the program hears ${expected}`, () => {
      if (this.changes.length < expected.length) throw new Error(this.changes.join(', '));
      return true;
    });
    const heard = this.changes.splice(0);
    if (heard.join() !== expected.join()) throw new Error(`${heard.join(', ')} in place of ${expected.join(', ')}`);
  }

  /** Everything is where it is when nobody holds it: triggers and sticks, buttons and hat. */
  get rests() {
    const axes = [0, 0, -32767, 0, 0, -32767, 0, 0];
    return [...this.buttons.values()].every((value) => value === 0) && axes.every((value, axis) => this.axes.get(axis) === value);
  }
}

/** The interface of evdev, for rumble alone. */
export function motors(stage, path) {
  const socket = connect(path);
  stage.atEnd(() => socket.destroy());
  socket.on('error', () => {});
  socket.resume();
  socket.write(Buffer.from([8]));
  const request = (kind, { strong = 0, weak = 0, ms = 0, count = 0 } = {}) => {
    const bytes = Buffer.alloc(16);
    const put = (value, at) => (LITTLE ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at));
    bytes[0] = kind;
    put(0x4646, 2);
    put(strong, 4);
    put(weak, 6);
    put(ms, 8);
    if (LITTLE) bytes.writeUInt32LE(count, 12);
    else bytes.writeUInt32BE(count, 12);
    socket.write(bytes);
  };
  return {
    /** Uploads an effect and plays it. */
    play(effect) {
      request(1, effect);
      request(3, { count: 1 });
    },
    stop: () => request(3, { count: 0 }),
  };
}

/** Before the page loads: gamepads that a test plugs in and moves. */
export function fakeGamepads() {
  const slots = [null, null, null, null];
  window.shaken = [];
  navigator.getGamepads = () => slots;
  const made = ({ index, id = 'Test Pad (STANDARD GAMEPAD Vendor: 045e Product: 028e)', mapping = 'standard', axes = 4, buttons = 17 }) => ({
    index,
    id,
    mapping,
    connected: true,
    axes: Array(axes).fill(0),
    buttons: Array.from({ length: buttons }, () => ({ pressed: false, touched: false, value: 0 })),
    vibrationActuator: {
      playEffect: async (effect, how) => window.shaken.push({ index, effect, ...how }),
      reset: async () => window.shaken.push({ index, effect: 'reset' }),
    },
  });
  window.plug = (pad) => {
    slots[pad.index] = made(pad);
    window.dispatchEvent(new Event('gamepadconnected'));
  };
  window.unplug = (index) => {
    slots[index] = null;
    window.dispatchEvent(new Event('gamepaddisconnected'));
  };
  window.move = (index, { buttons = {}, axes = {} }) => {
    const pad = slots[index];
    for (const [button, value] of Object.entries(buttons)) pad.buttons[button] = { pressed: value > 0.1, touched: value > 0, value };
    for (const [axis, value] of Object.entries(axes)) pad.axes[axis] = value;
  };
}
