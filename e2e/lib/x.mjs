// A small X client (X Window System Protocol, X11R7.7): sees the screen as the server holds it, and
// logs what arrives at a window.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { pause } from './wait.mjs';

const COOKIE = 'MIT-MAGIC-COOKIE-1';
const EVENTS = { 2: 'key-down', 3: 'key-up', 4: 'button-down', 5: 'button-up', 6: 'motion' };
/** KeyPress, KeyRelease, ButtonPress, ButtonRelease, PointerMotion. */
const WANTED = 0x4f;

export class X {
  #socket;
  #chunks = Buffer.alloc(0);
  #sequence = 0;
  #replies = new Map();
  #setup;
  #failed;
  #nextId;
  #xfixes;
  /** What is offered, by the window that owns it. */
  #owned = new Map();
  /** Key and pointer events of every window, in order. */
  events = [];
  /** Called with each of them as it comes. */
  heard = () => {};

  /** Connects to `display`, with the cookie of the file `authority` if there is one. */
  static async open(display, authority) {
    const x = new X();
    await x.#open(display, authority);
    return x;
  }

  get size() {
    return this.#request(14, 0, u32(this.root)).then((reply) => ({ width: reply.readUInt16LE(16), height: reply.readUInt16LE(18) }));
  }

  /** The screen as RGBA. */
  async picture() {
    const { width, height } = await this.size;
    const data = Buffer.alloc(width * height * 4);
    const rows = 64;
    for (let y = 0; y < height; y += rows) {
      const h = Math.min(rows, height - y);
      const area = Buffer.alloc(16);
      area.writeInt16LE(0, 4);
      area.writeUInt32LE(this.root, 0);
      area.writeInt16LE(y, 6);
      area.writeUInt16LE(width, 8);
      area.writeUInt16LE(h, 10);
      area.writeUInt32LE(0xffffffff, 12);
      const reply = await this.#request(73, 2, area);
      const bgrx = reply.subarray(32, 32 + width * h * 4);
      for (let from = 0, to = y * width * 4; from < bgrx.length; from += 4, to += 4) {
        data[to] = bgrx[from + 2];
        data[to + 1] = bgrx[from + 1];
        data[to + 2] = bgrx[from];
        data[to + 3] = 255;
      }
    }
    return { width, height, data };
  }

  /** Where the pointer is and which buttons and modifiers are down. */
  async pointer() {
    const reply = await this.#request(38, 0, u32(this.root));
    return { x: reply.readInt16LE(16), y: reply.readInt16LE(18), mask: reply.readUInt16LE(24) };
  }

  /** What the pointer looks like (XFIXES): RGBA with alpha undone, without transparent margins. */
  async cursor() {
    if (!this.#xfixes) {
      const name = Buffer.from('XFIXES');
      this.#xfixes = (await this.#request(98, 0, Buffer.concat([u16(name.length), u16(0), name])))[9];
      await this.#request(this.#xfixes, 0, Buffer.concat([u32(5), u32(0)]));
    }
    const reply = await this.#request(this.#xfixes, 4);
    const [width, height, hotX, hotY] = [12, 14, 16, 18].map((at) => reply.readUInt16LE(at));
    const pixel = (x, y) => reply.readUInt32LE(32 + (y * width + x) * 4);
    const places = Array.from({ length: width * height }, (_, i) => [i % width, Math.floor(i / width)]);
    const seen = places.filter(([x, y]) => pixel(x, y) >>> 24 !== 0);
    if (seen.length === 0) return { width: 0, height: 0, hotX: 0, hotY: 0, data: Buffer.alloc(0) };
    const [left, top, right, bottom] = [...seen, [hotX, hotY]].reduce(
      ([l, t, r, b], [x, y]) => [Math.min(l, x), Math.min(t, y), Math.max(r, x + 1), Math.max(b, y + 1)],
      [width, height, 0, 0],
    );
    const data = Buffer.alloc((right - left) * (bottom - top) * 4);
    for (let y = top, to = 0; y < bottom; y += 1)
      for (let x = left; x < right; x += 1, to += 4) {
        const argb = pixel(x, y);
        const alpha = argb >>> 24;
        const channel = (shift) => (alpha === 0 ? 0 : Math.min(255, Math.floor((((argb >>> shift) & 255) * 255 + (alpha >> 1)) / alpha)));
        data.set([channel(16), channel(8), channel(0), alpha], to);
      }
    return { width: right - left, height: bottom - top, hotX: hotX - left, hotY: hotY - top, data };
  }

  /** Gives a window a pointer: a glyph of the cursor font in one colour on another, or none that can be seen. */
  wear(window, glyph, ink = 0, ground = 0xffffff) {
    const cursor = this.#id();
    if (glyph === undefined) {
      const nothing = this.#id();
      this.#send(53, 1, [u32(nothing), u32(this.root), u16(1), u16(1)]);
      const gc = this.#id();
      this.#send(55, 0, [u32(gc), u32(nothing), u32(0x4), u32(0)]);
      this.#send(70, 0, [u32(nothing), u32(gc), i16(0), i16(0), u16(1), u16(1)]);
      this.#send(93, 0, [u32(cursor), u32(nothing), u32(nothing), Buffer.alloc(16)]);
    } else {
      const font = this.#id();
      const name = Buffer.from('cursor');
      this.#send(45, 0, [u32(font), u16(name.length), u16(0), name]);
      const colours = [ink, ground].flatMap((rgb) => [rgb >> 16, rgb >> 8, rgb].map((part) => u16((part & 255) * 257)));
      this.#send(94, 0, [u32(cursor), u32(font), u32(font), u16(glyph), u16(glyph + 1), ...colours]);
    }
    this.#send(2, 0, [u32(window), u32(0x4000), u32(cursor)]);
  }

  /** Keycodes of the keys that are down. */
  async keysDown() {
    const map = (await this.#request(44, 0)).subarray(8, 40);
    return [...map].flatMap((byte, at) => [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => byte & (1 << bit)).map((bit) => at * 8 + bit));
  }

  /** The keysym of a key without and with Shift. */
  async keysyms(keycode) {
    const reply = await this.#request(101, 0, Buffer.from([keycode, 1, 0, 0]));
    return Array.from({ length: reply[1] }, (_, i) => reply.readUInt32LE(32 + i * 4));
  }

  /**
   * A window above everything, not known to the window manager, tiled with the 64 × 64 picture that
   * `ink(x, y)` draws in 0xRRGGBB. It has the keyboard and logs what happens to it.
   */
  async board(ink = () => 0x203040, { x = 0, y = 0, width = 4096, height = 4096 } = {}) {
    const pixmap = this.#id();
    this.#send(53, this.#setup.depth, [u32(pixmap), u32(this.root), u16(64), u16(64)]);
    const gc = this.#id();
    this.#send(55, 0, [u32(gc), u32(pixmap), u32(0)]);
    const tile = Buffer.alloc(64 * 64 * 4);
    for (let i = 0; i < 64 * 64; i += 1) tile.writeUInt32LE(ink(i % 64, Math.floor(i / 64)), i * 4);
    this.#send(72, 2, [u32(pixmap), u32(gc), u16(64), u16(64), u16(0), u16(0), Buffer.from([0, this.#setup.depth, 0, 0]), tile]);
    const window = this.#id();
    // Background pixmap, override-redirect, event mask.
    const values = [u32(pixmap), u32(1), u32(WANTED)];
    const place = [i16(x), i16(y), u16(width), u16(height), u16(0), u16(1), u32(0)];
    this.#send(1, this.#setup.depth, [u32(window), u32(this.root), ...place, u32(0x0001 | 0x0200 | 0x0800), ...values]);
    this.#send(8, 0, [u32(window)]);
    const { width: w, height: h } = await this.size;
    // Only a window that can be seen may have the keyboard.
    this.#send(42, 1, [u32(window), u32(0)]);
    await this.size;
    return new Board(this, window, { width: Math.min(w, width), height: Math.min(h, height) });
  }

  /** Fills a part of a window with one colour. */
  fill(window, colour, x, y, width, height) {
    const gc = this.#id();
    this.#send(55, 0, [u32(gc), u32(window), u32(0x4), u32(colour)]);
    this.#send(70, 0, [u32(window), u32(gc), i16(x), i16(y), u16(width), u16(height)]);
    this.#send(60, 0, [u32(gc)]);
  }

  /**
   * Takes a selection and gives it to whoever asks, as a program in which something was copied. `forms`:
   * bytes by the name of a target (ICCCM, section 2.6).
   */
  async own(selection, forms) {
    const window = this.#id();
    this.#send(1, 0, [u32(window), u32(this.root), i16(0), i16(0), u16(1), u16(1), u16(0), u16(2), u32(0), u32(0)]);
    const names = ['TARGETS', ...Object.keys(forms)];
    const atoms = await Promise.all(names.map((name) => this.#atom(name)));
    const targets = new Map(atoms.map((atom, at) => [atom, forms[names[at]]]));
    targets.set(atoms[0], Buffer.concat(atoms.map(u32)));
    this.#owned.set(window, { targets, list: atoms[0] });
    const name = await this.#atom(selection);
    this.#send(22, 0, [u32(window), u32(name), u32(0)]);
    // It is ours when the server has answered something that was asked later.
    await this.size;
  }

  focus(window) {
    this.#send(42, 1, [u32(window), u32(0)]);
  }

  destroy(window) {
    this.#send(4, 0, [u32(window)]);
  }

  close() {
    this.#socket.destroy();
  }

  async #open(display, authority) {
    const number = /:(\d+)/.exec(display)?.[1];
    const cookie = authority ? cookieOf(readFileSync(authority)) : Buffer.alloc(0);
    this.#socket = connect(`/tmp/.X11-unix/X${number}`);
    await new Promise((resolve, reject) => this.#socket.once('connect', resolve).once('error', reject));
    const name = Buffer.from(cookie.length > 0 ? COOKIE : '');
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the X server hung up')));
    const hello = Buffer.alloc(12);
    hello.write('l', 0);
    hello.writeUInt16LE(11, 2);
    hello.writeUInt16LE(name.length, 6);
    hello.writeUInt16LE(cookie.length, 8);
    const ready = new Promise((resolve, reject) => this.#replies.set('setup', { resolve, reject }));
    this.#socket.on('data', (data) => this.#take(data));
    this.#socket.write(Buffer.concat([hello, padded(name), padded(cookie)]));
    await ready;
  }

  #fail(error) {
    this.#failed ??= error;
    for (const { reject } of this.#replies.values()) reject(this.#failed);
    this.#replies.clear();
  }

  #take(data) {
    this.#chunks = this.#chunks.length > 0 ? Buffer.concat([this.#chunks, data]) : data;
    for (;;) {
      const from = this.#chunks;
      if (from.length < 8) return;
      const length = !this.#setup ? 8 + from.readUInt16LE(6) * 4 : from.length < 32 ? 32 : from[0] === 1 ? 32 + from.readUInt32LE(4) * 4 : 32;
      if (from.length < length) return;
      this.#chunks = from.subarray(length);
      const message = from.subarray(0, length);
      if (!this.#setup) this.#begin(message);
      else this.#message(message);
    }
  }

  #begin(message) {
    const { resolve, reject } = this.#replies.get('setup');
    this.#replies.delete('setup');
    if (message[0] !== 1) return reject(new Error(`the X server refused: ${message.toString('latin1', 8, 8 + message[1])}`));
    const screen = 40 + pad(message.readUInt16LE(24)) + message[29] * 8;
    this.#setup = { base: message.readUInt32LE(12), depth: message[screen + 38] };
    this.root = message.readUInt32LE(screen);
    this.#nextId = this.#setup.base;
    resolve();
  }

  /** Answers a request for what is owned (ICCCM, section 2.2). */
  #give(event) {
    const [time, owner, requestor, selection, target, property] = [4, 8, 12, 16, 20, 24].map((at) => event.readUInt32LE(at));
    const { targets, list } = this.#owned.get(owner) ?? { targets: new Map() };
    const data = targets.get(target);
    if (data) {
      const [type, format, count] = target === list ? [4, 32, data.length / 4] : [target, 8, data.length];
      this.#send(18, 0, [u32(requestor), u32(property || target), u32(type), Buffer.from([format, 0, 0, 0]), u32(count), data]);
    }
    const notify = Buffer.alloc(32);
    notify[0] = 31;
    for (const [at, value] of [time, requestor, selection, target, data ? property || target : 0].entries())
      notify.writeUInt32LE(value, 4 + at * 4);
    this.#send(25, 0, [u32(requestor), u32(0), notify]);
  }

  async #atom(name) {
    const text = Buffer.from(name);
    const reply = await this.#request(16, 0, Buffer.concat([u16(text.length), u16(0), text]));
    return reply.readUInt32LE(8);
  }

  #message(message) {
    const kind = message[0] & 0x7f;
    if (kind === 30) return this.#give(message);
    if (kind > 1) {
      const type = EVENTS[kind];
      if (type) {
        const event = {
          type,
          detail: message[1],
          window: message.readUInt32LE(12),
          x: message.readInt16LE(20),
          y: message.readInt16LE(22),
          state: message.readUInt16LE(28),
        };
        this.events.push(event);
        this.heard(event);
      }
      return;
    }
    const waiting = this.#replies.get(message.readUInt16LE(2));
    if (!waiting) return;
    this.#replies.delete(message.readUInt16LE(2));
    if (kind === 0) waiting.reject(new Error(`X error ${message[1]} of request ${message[10]}`));
    else waiting.resolve(message);
  }

  #id() {
    this.#nextId += 1;
    return this.#nextId;
  }

  #send(opcode, detail, parts) {
    if (this.#failed) throw this.#failed;
    const body = padded(Buffer.concat(parts));
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#socket.write(Buffer.concat([Buffer.from([opcode, detail]), u16(body.length / 4 + 1), body]));
  }

  #request(opcode, detail, body = Buffer.alloc(0)) {
    this.#send(opcode, detail, [body]);
    return new Promise((resolve, reject) => this.#replies.set(this.#sequence, { resolve, reject }));
  }
}

/** A window that logs. */
class Board {
  constructor(x, window, size) {
    this.x = x;
    this.window = window;
    this.size = size;
  }

  get events() {
    return this.x.events.filter(({ window }) => window === this.window);
  }

  /** Forgets what it has logged. */
  clear() {
    this.x.events.length = 0;
  }

  /** Takes the keyboard, as from a program that has just been started. */
  focus() {
    this.x.focus(this.window);
  }

  fill(colour, x, y, width, height) {
    this.x.fill(this.window, colour, x, y, width, height);
  }

  /** Paints something new about thirty times a second until the result is called. */
  animate() {
    let going = true;
    const run = (async () => {
      for (let step = 0; going; step += 1) {
        this.fill((step * 0x112233) & 0xffffff, 64 + ((step * 16) % 256), 64, 128, 128);
        await pause(33);
      }
    })();
    return async () => {
      going = false;
      await run;
    };
  }

  close() {
    this.x.destroy(this.window);
  }
}

/** The first cookie of an authority file (Xau library). */
function cookieOf(file) {
  for (let at = 2; at < file.length; at += 2) {
    const fields = [];
    for (let i = 0; i < 4; i += 1) {
      const length = file.readUInt16BE(at);
      fields.push(file.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    if (fields[2].toString('latin1') === COOKIE) return fields[3];
  }
  throw new Error('no cookie in the authority file');
}

const pad = (length) => (length + 3) & ~3;
const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc(pad(bytes.length) - bytes.length)]);
const u16 = (value) => Buffer.from([value & 0xff, (value >> 8) & 0xff]);
const i16 = (value) => u16(value & 0xffff);
function u32(value) {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value >>> 0);
  return out;
}
