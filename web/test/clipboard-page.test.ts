// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Clip } from '../src/clipboard/clip.ts';
import { DesktopClipboard } from '../src/clipboard/clipboard.ts';
import type { Fate, FromDesktop } from '../src/clipboard/exchange.ts';
import type { ToWorker } from '../src/engine/messages.ts';
import { encode } from '../src/proto/encode.ts';
import type { ClientMessage } from '../src/proto/messages.ts';
import { Scope } from '../src/scope.ts';
import type { State } from '../src/session/state.ts';
import { initial } from '../src/session/state.ts';
import { Store } from '../src/store.ts';

const on = { value: true };
const OPEN = {
  clipboard_enabled: on,
  clipboard_in_enabled: on,
  clipboard_out_enabled: on,
  enable_binary_clipboard: { value: true, locked: false },
};
let scope: Scope;

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  scope = new Scope();
  localStorage.clear();
});
afterEach(() => {
  scope.dispose();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function page({ role = 'controller', settings = OPEN, here }: Partial<State> & { here?: Clip } = {}) {
  const start = {
    role,
    ability: { h264: true, jpeg: true, secure: true },
    picks: {},
    sizing: { kind: 'window' },
  } as const;
  const state: State = {
    ...initial({ ...start, everyPixel: false, hidden: false, listens: false }, 0),
    link: { name: 'ready' },
    phase: { name: 'streaming' },
    settings,
  };
  const done: string[] = [];
  const written: Clip[] = [];
  const given: Extract<ToWorker, { do: 'clip' }>[] = [];
  const typed: string[] = [];
  let reads = 0;
  const clipboard = new DesktopClipboard(scope, {
    field: document.createElement('textarea'),
    store: new Store('http://desk.example/'),
    apple: false,
    local: {
      canWrite: true,
      write: async (clip) => void written.push(clip),
      writeSoon: async () => {},
      command: () => false,
      readIfAllowed: async () => {
        reads += 1;
        return here && { ...here };
      },
    },
    state: () => state,
    drives: () => state.role === 'controller',
    held: () => [0xffe3],
    type: (text) => typed.push(text),
    tell: (message) => {
      if (message.do === 'clip') {
        given.push(message);
        done.push(`clip ${message.clip.text ?? ''}`);
      }
      if (message.do === 'send') done.push(message.text);
    },
    sendInput: (message: ClientMessage) => done.push(encode(message)),
    changed: () => {},
  });
  clipboard.update();
  const press = (init: KeyboardEventInit = {}): boolean => {
    const event = new KeyboardEvent('keydown', { key: 'v', code: 'KeyV', ctrlKey: true, ...init });
    const pastes = clipboard.pastes(event);
    clipboard.gate.pass({ type: 'key_down', keysym: 0x76 }, 0);
    return pastes;
  };
  const paste = (text: string, html = ''): Event => {
    const event = new Event('paste', { cancelable: true, bubbles: true });
    const data = { getData: (type: string) => (type === 'text/html' ? html : text), files: [] };
    Object.defineProperty(event, 'clipboardData', { value: data });
    document.body.dispatchEvent(event);
    return event;
  };
  const gone = (fate: Fate): void => clipboard.heard({ is: 'clip-gone', link: 1, id: given.at(-1)?.id ?? 0, fate });
  const arrive = (clip: Clip, more: Partial<FromDesktop> = {}): void =>
    clipboard.heard({ is: 'clip', link: 1, from: { clip, primary: false, reply: false, ...more } });
  return { clipboard, done, written, given, typed, press, paste, gone, arrive, reads: () => reads };
}

const settle = async (): Promise<void> => {
  for (let count = 0; count < 5; count += 1) await Promise.resolve();
};

test('what is pasted goes before the key that pastes it', () => {
  const { done, press, paste, gone } = page();
  done.length = 0;
  expect(press()).toBe(true);
  expect(paste('hello').defaultPrevented).toBe(true);
  expect(done).toEqual(['clip hello']);
  gone('sent');
  expect(done).toEqual(['clip hello', 'kd,118']);
});

test('the key goes alone when nothing was handed over, and when nothing is there', () => {
  const { done, press, paste } = page();
  done.length = 0;
  press();
  vi.advanceTimersByTime(100);
  expect(done).toEqual(['kd,118']);
  press();
  paste('');
  expect(done).toEqual(['kd,118', 'kd,118']);
});

test('a large paste lets other keys go first, says so, and pastes when it is there', () => {
  const { clipboard, done, press, paste, gone } = page();
  done.length = 0;
  press();
  paste('x'.repeat(1000));
  clipboard.gate.pass({ type: 'key_down', keysym: 0x61 }, 0);
  vi.advanceTimersByTime(250);
  expect(done.slice(1)).toEqual(['kd,97']);
  expect(clipboard.sending).toBe(1000);
  gone('sent');
  expect(done.slice(2)).toEqual(['kd,118', 'ku,118']);
  expect(clipboard.sending).toBeUndefined();
});

test('a key that repeats, and keys where nothing may go in, are ordinary keys', () => {
  expect(page().press({ repeat: true })).toBe(false);
  expect(page({ settings: { ...OPEN, clipboard_in_enabled: { value: false } } }).press()).toBe(false);
  expect(page({ settings: { ...OPEN, clipboard_enabled: { value: false } } }).press()).toBe(false);
  expect(page({ settings: {} }).press()).toBe(false);
  expect(page({ role: 'viewer' }).press()).toBe(false);
  const { clipboard, press } = page();
  clipboard.share(false);
  expect(press()).toBe(false);
});

test('without a key, short text is typed and more is pasted', () => {
  const { done, typed, paste, gone } = page();
  done.length = 0;
  paste('short');
  expect(typed).toEqual(['short']);
  paste('two\nlines');
  gone('sent');
  expect(typed).toHaveLength(1);
  expect(done).toEqual(['clip two\nlines', 'kd,118', 'ku,118']);
});

test('only text goes where nothing else may', () => {
  const { given, press, paste } = page({
    settings: { ...OPEN, enable_binary_clipboard: { value: false, locked: true } },
  });
  press();
  paste('hello', '<b>hello</b>');
  expect(given[0]?.clip).toEqual({ text: 'hello' });
});

test('a copy from the desktop is written here; what was asked for, marked or empty is not', async () => {
  const { clipboard, done, written, arrive } = page();
  expect(done).toEqual(['cr']);
  arrive({ text: 'before' }, { reply: true });
  arrive({ text: 'marked' }, { primary: true });
  await settle();
  expect(written).toEqual([]);
  expect(clipboard.copied?.clip.text).toBe('before');
  expect(clipboard.copied?.at).toBeUndefined();
  expect(clipboard.marked?.clip.text).toBe('marked');
  arrive({ text: 'news' });
  await settle();
  expect(written).toEqual([{ text: 'news' }]);
  arrive({});
  await settle();
  expect(clipboard.copied).toBeUndefined();
  expect(written).toHaveLength(1);
});

test('what lies here does not overwrite what the desktop has and could not be written here', async () => {
  const { clipboard, done, written, arrive } = page({ here: { text: 'older' } });
  await settle();
  done.length = written.length = 0;
  vi.mocked(document.hasFocus).mockReturnValue(false);
  arrive({ text: 'newer' });
  vi.advanceTimersByTime(60_000);
  vi.mocked(document.hasFocus).mockReturnValue(true);
  window.dispatchEvent(new Event('focus'));
  await settle();
  expect(clipboard.offered).toBe(true);
  expect(done).toEqual([]);
  // Nobody clicks, and nobody copies anything here.
  vi.advanceTimersByTime(60_000);
  window.dispatchEvent(new Event('focus'));
  await settle();
  expect(clipboard.offered).toBe(false);
  expect(done).toEqual([]);
});

test('what arrives while the clipboard here is read is not overwritten by it', async () => {
  const { done, arrive } = page({ here: { text: 'older' } });
  done.length = 0;
  window.dispatchEvent(new Event('focus'));
  arrive({ text: 'newer' });
  await settle();
  expect(done).toEqual([]);
});

test('a viewer is told nothing, asks for nothing and reads nothing', async () => {
  const { clipboard, done, written, arrive, reads } = page({ role: 'viewer', here: { text: 'mine' } });
  arrive({ text: 'secret' });
  window.dispatchEvent(new Event('focus'));
  await settle();
  expect(done).toEqual([]);
  expect(written).toEqual([]);
  expect(clipboard.copied).toBeUndefined();
  expect(reads()).toBe(0);
  expect(await clipboard.send({ text: 'x' })).toBe('dropped');
});

test('nothing comes where nothing may come out', async () => {
  const { clipboard, done, written, arrive } = page({ settings: { ...OPEN, clipboard_out_enabled: { value: false } } });
  arrive({ text: 'secret' });
  await settle();
  expect(done).toEqual([]);
  expect(written).toEqual([]);
  expect(clipboard.copied).toBeUndefined();
});

test('where reading is allowed, what lies here goes ahead on focus, once', async () => {
  const here = { text: 'mine' };
  const { clipboard, done } = page({ here });
  const focus = async (): Promise<string[]> => {
    done.length = 0;
    window.dispatchEvent(new Event('focus'));
    await settle();
    return [...done];
  };
  await settle();
  expect(done).toEqual(['cr', 'clip mine']);
  expect(await focus()).toEqual([]);
  here.text = 'other';
  expect(await focus()).toEqual(['clip other']);
  clipboard.refuse('failed');
  expect(await focus()).toEqual(['clip other']);
  vi.advanceTimersByTime(10_000);
});

test('a copy that waits is not written over something newer from here', async () => {
  vi.mocked(document.hasFocus).mockReturnValue(false);
  const { written, arrive, press, paste, gone } = page();
  arrive({ text: 'older' });
  press();
  paste('newer');
  gone('sent');
  vi.mocked(document.hasFocus).mockReturnValue(true);
  window.dispatchEvent(new Event('focus'));
  await settle();
  expect(written).toEqual([]);
});

test('a refusal is said for a while', () => {
  const { clipboard, press, paste, gone } = page();
  press();
  paste('x');
  gone('sent');
  expect(clipboard.copied?.from).toBe('here');
  clipboard.refuse('too_large');
  expect(clipboard.refused).toBe('too_large');
  expect(clipboard.copied).toBeUndefined();
  vi.advanceTimersByTime(8000);
  expect(clipboard.refused).toBeUndefined();
});

test('who is on the way when the connection ends is not waited for', () => {
  const { clipboard, done, press, paste } = page();
  done.length = 0;
  press();
  paste('x');
  vi.advanceTimersByTime(250);
  clipboard.heard({ is: 'clip-gone', link: 1, id: 1, fate: 'dropped' });
  expect(done).toEqual(['clip x']);
  expect(clipboard.sending).toBeUndefined();
});
