// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Clip } from '../src/clipboard/clip.ts';
import { Gate } from '../src/clipboard/gate.ts';
import { isCopy, isPaste, isTypable } from '../src/clipboard/gather.ts';
import { Writer } from '../src/clipboard/writer.ts';
import { encode } from '../src/proto/encode.ts';
import type { ClientMessage } from '../src/proto/messages.ts';
import { after, settle } from './clipboard-helpers.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('keys that paste', () => {
  const key = (key: string, more: Partial<KeyboardEventInit> = {}) => ({
    key,
    code: '',
    ctrlKey: false,
    shiftKey: false,
    altKey: false,
    metaKey: false,
    ...more,
  });

  test('are Ctrl V, Ctrl Shift V and Shift Insert, and Command V on Apple', () => {
    expect(isPaste(key('v', { ctrlKey: true }), false)).toBe(true);
    expect(isPaste(key('V', { ctrlKey: true, shiftKey: true }), false)).toBe(true);
    expect(isPaste(key('Insert', { shiftKey: true }), false)).toBe(true);
    expect(isPaste(key('м', { ctrlKey: true, code: 'KeyV' }), false)).toBe(true);
    expect(isPaste(key('v', { metaKey: true }), true)).toBe(true);
    expect(isPaste(key('v', { ctrlKey: true }), true)).toBe(false);
    expect(isPaste(key('v', { metaKey: true }), false)).toBe(false);
    expect(isPaste(key('v'), false)).toBe(false);
    expect(isPaste(key('v', { ctrlKey: true, altKey: true }), false)).toBe(false);
    // On Dvorak another letter lies there.
    expect(isPaste(key('k', { ctrlKey: true, code: 'KeyV' }), false)).toBe(false);
    expect(isCopy(key('c', { ctrlKey: true }), false)).toBe(true);
    expect(isCopy(key('x', { metaKey: true }), true)).toBe(true);
    expect(isCopy(key('v', { ctrlKey: true }), false)).toBe(false);
  });

  test('short text that came without a key is as good as typed', () => {
    expect(isTypable({ text: 'hello' })).toBe(true);
    expect(isTypable({ text: 'a\nb' })).toBe(false);
    expect(isTypable({ text: 'x'.repeat(201) })).toBe(false);
    expect(isTypable({ text: 'a', html: '<b>a' })).toBe(false);
  });
});

describe('the gate', () => {
  function gate(held: number[] = [0xffe3]) {
    const sent: string[] = [];
    const it = new Gate({ send: (message) => sent.push(encode(message)), held: () => held, after });
    const type = (...messages: ClientMessage[]): void => {
      for (const message of messages) it.pass(message, 0);
    };
    return { it, sent, type, held };
  }
  const V: ClientMessage = { type: 'key_down', keysym: 0x76 };
  const V_UP: ClientMessage = { type: 'key_up', keysym: 0x76 };
  const A: ClientMessage = { type: 'key_down', keysym: 0x61 };
  const CTRL_UP: ClientMessage = { type: 'key_up', keysym: 0xffe3 };

  test('lets everything through in order when the browser hands nothing over', () => {
    const { it, sent, type } = gate();
    it.shut();
    type(V, V_UP, CTRL_UP, A);
    expect(sent).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(sent).toEqual(['kd,118', 'ku,118', 'ku,65507', 'kd,97']);
    type(A);
    expect(sent).toHaveLength(5);
  });

  test('keeps the order behind what is on its way', () => {
    const { it, sent, type } = gate();
    it.shut();
    type(V);
    it.keep(250, () => {});
    vi.advanceTimersByTime(200);
    type(V_UP, A);
    expect(sent).toEqual([]);
    it.open();
    expect(sent).toEqual(['kd,118', 'ku,118', 'kd,97']);
  });

  test('lets other keys go first when it takes long, and pastes with its own modifiers then', () => {
    const { it, sent, type, held } = gate();
    it.shut();
    type(V);
    let chord: ReturnType<Gate['openWithout']>;
    it.keep(250, () => {
      chord = it.openWithout();
    });
    type(V_UP, CTRL_UP, A);
    vi.advanceTimersByTime(250);
    expect(sent).toEqual(['ku,65507', 'kd,97']);
    held.splice(0, 1, 0xffe1);
    sent.length = 0;
    expect(chord).toEqual({ modifiers: [0xffe3], key: 0x76 });
    if (chord) it.press(chord, 0);
    expect(sent).toEqual(['ku,65505', 'kd,65507', 'kd,118', 'ku,118', 'ku,65507', 'kd,65505']);
  });
});

describe('writing here', () => {
  function writer({ may = 'always', front = true, api = true } = {}) {
    const host = {
      may,
      front,
      active: false,
      now: 0,
      written: [] as Clip[],
      soon: [] as Promise<string>[],
      commanded: [] as Clip[],
    };
    const it = new Writer({
      now: () => host.now,
      inFront: () => host.front,
      isActive: () => host.active,
      canPromise: true,
      write: (clip) => {
        if (host.may === 'never' || (host.may === 'active' && !host.active))
          return Promise.reject(new DOMException('no', 'NotAllowedError'));
        host.written.push(clip);
        return Promise.resolve();
      },
      writeSoon: (text) => {
        host.soon.push(text);
        return text.then((text) => void host.written.push({ text }));
      },
      command: api
        ? undefined
        : (clip) => {
            host.commanded.push(clip);
            return true;
          },
      after,
      changed: () => {},
    });
    return { it, host };
  }

  test('at once where the browser lets it', async () => {
    const { it, host } = writer();
    it.arrived({ text: 'a' });
    await settle();
    expect(host.written).toEqual([{ text: 'a' }]);
    it.gesture();
    it.focused();
    await settle();
    expect(host.written).toHaveLength(1);
    expect(it.offered).toBe(false);
  });

  test('with the next gesture where it needs one, and a word about it', async () => {
    const { it, host } = writer({ may: 'active' });
    it.arrived({ text: 'a' });
    await settle();
    expect(it.offered).toBe(true);
    host.active = true;
    it.gesture();
    await settle();
    expect(host.written).toEqual([{ text: 'a' }]);
    expect(it.offered).toBe(false);
  });

  test('not while the page is behind, and then only what is fresh', async () => {
    const { it, host } = writer({ front: false });
    it.arrived({ text: 'a' });
    await settle();
    it.gesture();
    expect(host.written).toEqual([]);
    host.front = true;
    host.now = 3000;
    it.focused();
    await settle();
    expect(host.written).toEqual([{ text: 'a' }]);

    host.front = false;
    it.arrived({ text: 'b' });
    host.front = true;
    host.now += 60_000;
    it.focused();
    it.gesture();
    await settle();
    expect(host.written).toHaveLength(1);
    expect(it.offered).toBe(true);
    expect(await it.writeNow({ text: 'b' })).toBe(true);
    expect(host.written).toHaveLength(2);
  });

  test('the newest only', async () => {
    const { it, host } = writer({ front: false });
    it.arrived({ text: 'a' });
    it.arrived({ text: 'b' });
    host.front = true;
    it.focused();
    await settle();
    expect(host.written).toEqual([{ text: 'b' }]);
  });

  test('an offer ends', async () => {
    const { it } = writer({ may: 'never' });
    it.arrived({ text: 'a' });
    await settle();
    expect(it.offered).toBe(true);
    vi.advanceTimersByTime(12_000);
    expect(it.offered).toBe(false);
  });

  test('a browser that said no within a gesture is asked with the key itself', async () => {
    const { it, host } = writer({ may: 'never' });
    host.active = true;
    it.copying();
    expect(host.soon).toHaveLength(0);
    it.arrived({ text: 'a' });
    await settle();
    it.copying();
    expect(host.soon).toHaveLength(1);
    it.arrived({ text: 'b' });
    await settle();
    expect(host.written).toEqual([{ text: 'b' }]);
    expect(it.offered).toBe(false);
    it.copying();
    vi.advanceTimersByTime(1000);
    await expect(host.soon[1]).rejects.toThrow();
    expect(host.written).toHaveLength(1);
  });

  test('by the old way, where there is no other: within a gesture', () => {
    const { it, host } = writer({ api: false });
    it.arrived({ text: 'a' });
    expect(host.commanded).toEqual([]);
    expect(it.offered).toBe(true);
    host.active = true;
    it.gesture();
    expect(host.commanded).toEqual([{ text: 'a' }]);
    expect(it.offered).toBe(false);
  });
});
