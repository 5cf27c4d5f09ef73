// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Client } from '../src/client.ts';
import { connect } from '../src/client.ts';
import type { Engine } from '../src/engine/engine.ts';
import type { Heard, ToWorker } from '../src/engine/messages.ts';
import { Page } from '../src/ui/page.ts';

/** What is alive: listeners of window and document, timers, frames, observers, engines. */
const alive = { listeners: 0, timers: 0, frames: 0, observers: 0, engines: 0 };

beforeEach(() => {
  for (const name of Object.keys(alive) as (keyof typeof alive)[]) alive[name] = 0;
  for (const target of [window, document, document.documentElement]) {
    const add = target.addEventListener;
    const remove = target.removeEventListener;
    vi.spyOn(target, 'addEventListener').mockImplementation((...args: unknown[]) => {
      alive.listeners += 1;
      Reflect.apply(add, target, args);
    });
    vi.spyOn(target, 'removeEventListener').mockImplementation((...args: unknown[]) => {
      alive.listeners -= 1;
      Reflect.apply(remove, target, args);
    });
  }
  vi.useFakeTimers({
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'requestAnimationFrame',
      'cancelAnimationFrame',
    ],
  });
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {
        alive.observers += 1;
      }
      disconnect(): void {
        alive.observers -= 1;
      }
    },
  );
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

const answers = { status: true };
const REST = { answers: false, way: 'draw', trace: undefined };

function start(container: HTMLElement): {
  client: Client;
  page: Page;
  hear: (message: Heard) => void;
  told: ToWorker[];
} {
  const told: ToWorker[] = [];
  let hear: (message: Heard) => void = () => {};
  const startEngine = (_screens: unknown, _asked: unknown, heard: typeof hear): Engine => {
    hear = heard;
    alive.engines += 1;
    return {
      tell: (message) => told.push(message),
      dispose: () => {
        alive.engines -= 1;
      },
    };
  };
  const client = connect({
    container,
    base: 'http://desk.example/x/',
    parts: {
      startEngine,
      ability: async () => ({ h264: true, jpeg: true, secure: true }),
      status: async () => (answers.status ? { mode: 'websockets', admitted: true } : undefined),
      knock: async () => 'other',
      reload: () => {},
    },
  });
  return { client, page: new Page(container, client), hear: (message) => hear(message), told };
}

const opened = (link: number): Heard[] => [
  { is: 'opened', link },
  { is: 'message', link, message: { type: 'mode' } },
  {
    is: 'message',
    link,
    message: { type: 'settings', settings: { encoder: { value: 'h264enc', allowed: ['h264enc', 'jpeg'] } } },
  },
  { is: 'painted', link, width: 800, height: 600 },
];

const settle = async (): Promise<void> => {
  for (let count = 0; count < 5; count += 1) await Promise.resolve();
};

test('fifty visits leave nothing behind', async () => {
  for (let visit = 0; visit < 50; visit += 1) {
    const container = document.createElement('div');
    document.body.append(container);
    const { client, page, hear } = start(container);
    await settle();
    for (const message of opened(1)) hear(message);
    page.shortcut('menu');
    vi.advanceTimersByTime(500);
    if (visit % 3 === 0) hear({ is: 'closed', link: 1, code: 1006, reason: '', opened: true });
    if (visit % 3 === 1) client.keyboard.hold('test', 0xffe3);
    vi.advanceTimersByTime(2500);
    page.dispose();
    client.dispose();
    await settle();
    expect(container.childElementCount).toBe(0);
    expect(container.dataset.state).toBeUndefined();
    container.remove();
  }
  alive.timers = vi.getTimerCount();
  expect(alive).toEqual({ listeners: 0, timers: 0, frames: 0, observers: 0, engines: 0 });
}, 30_000);

test('a visit that ends before the browser has answered starts nothing', async () => {
  const container = document.createElement('div');
  document.body.append(container);
  const { client, page } = start(container);
  page.dispose();
  client.dispose();
  await settle();
  expect(alive.engines).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test('the root says the state and counts the pictures', async () => {
  const container = document.createElement('div');
  document.body.append(container);
  const { client, page, hear, told } = start(container);
  await settle();
  expect(container.dataset.state).toBe('connecting');
  expect(told).toContainEqual({ do: 'open', link: 1, url: 'ws://desk.example/x/api/websockets', viewer: false });
  for (const message of opened(1)) hear(message);
  expect(container.dataset.state).toBe('streaming');
  const second = { total: 61, frames: 60, bytes: 1, skipped: 0, queue: 0, delay: undefined, draw: undefined, ...REST };
  hear({ is: 'stats', second });
  expect(container.dataset.frames).toBe('61');
  // What an earlier link says late is not believed.
  hear({ is: 'closed', link: 0, code: 1006, reason: '', opened: true });
  expect(container.dataset.state).toBe('streaming');
  page.dispose();
  client.dispose();
});

test('silence is a still desktop while the server answers, and a lost network when it does not', async () => {
  const container = document.createElement('div');
  document.body.append(container);
  const { client, page, hear } = start(container);
  await settle();
  for (const message of opened(1)) hear(message);
  const quiet = async (seconds: number): Promise<void> => {
    const second = { total: 1, frames: 0, bytes: 0, skipped: 0, queue: 0, delay: undefined, draw: undefined, ...REST };
    for (let count = 0; count < seconds; count += 1) {
      hear({ is: 'stats', second });
      await settle();
    }
  };
  await quiet(60);
  expect(container.dataset.state).toBe('streaming');
  answers.status = false;
  await quiet(5);
  expect(container.dataset.state).toBe('streaming');
  await quiet(5);
  answers.status = true;
  expect(container.dataset.state).toBe('lost');
  page.dispose();
  client.dispose();
});

test('the menu has the keyboard while it is open, and the desktop gets it back', async () => {
  const container = document.createElement('div');
  document.body.append(container);
  const { client, page, hear, told } = start(container);
  await settle();
  for (const message of opened(1)) hear(message);
  const press = (type: string, init: KeyboardEventInit): boolean =>
    document.body.dispatchEvent(new KeyboardEvent(type, { bubbles: true, cancelable: true, ...init }));
  const texts = (): string[] => told.flatMap((message) => (message.do === 'send' ? [message.text] : []));

  press('keydown', { key: 'a', code: 'KeyA' });
  expect(texts()).toContain('kd,97');
  press('keydown', { key: 'M', code: 'KeyM', ctrlKey: true, shiftKey: true });
  expect(texts()).toContain('ku,97');
  page.shortcut('menu');
  expect(container.querySelector('.card')).not.toBeNull();
  press('keydown', { key: 'b', code: 'KeyB' });
  expect(texts()).not.toContain('kd,98');
  page.shortcut('menu');
  expect(container.querySelector('.card')).toBeNull();
  press('keydown', { key: 'b', code: 'KeyB' });
  expect(texts()).toContain('kd,98');
  page.dispose();
  client.dispose();
});
