// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Audio } from '../src/audio/audio.ts';
import { DesktopAudio } from '../src/audio/audio.ts';
import type { ToWorker } from '../src/engine/messages.ts';
import { Scope } from '../src/scope.ts';
import type { Event } from '../src/session/reduce.ts';
import { reduce } from '../src/session/reduce.ts';
import type { State } from '../src/session/state.ts';
import { initial } from '../src/session/state.ts';
import { Store } from '../src/store.ts';

const SETTINGS = {
  audio_enabled: { value: true, locked: false },
  audio_channels: { value: 2 },
  microphone_enabled: { value: false, locked: false },
};

/** Contexts and tracks that are not closed. */
let alive: Set<unknown>;
const scopes: Scope[] = [];
let asked: MediaTrackConstraints[];
let answer: (stream: MediaStream) => void;
let deny: (error: DOMException) => void;
/** What a context does when it is asked to play. */
let lets: boolean;

class FakeNode {
  gain = { setTargetAtTime: () => {} };
  port = { onmessage: null, postMessage: () => {} };
  connect(to: unknown): unknown {
    return to;
  }
}

class FakeContext extends FakeNode {
  state = 'suspended';
  onstatechange: (() => void) | null = null;
  baseLatency = 0.01;
  outputLatency = 0.02;
  currentTime = 0;
  sampleRate: number;
  destination = { maxChannelCount: 2, channelCount: 2 };
  audioWorklet = { addModule: async () => {} };

  constructor({ sampleRate = 44_100 }: { sampleRate?: number } = {}) {
    super();
    this.sampleRate = sampleRate;
    alive.add(this);
  }
  createMediaStreamSource(): FakeNode {
    return new FakeNode();
  }
  async resume(): Promise<void> {
    if (lets) this.#become('running');
  }
  async suspend(): Promise<void> {
    this.#become('suspended');
  }
  async close(): Promise<void> {
    this.#become('closed');
    alive.delete(this);
  }
  #become(state: string): void {
    this.state = state;
    this.onstatechange?.();
  }
}

class FakeTrack extends EventTarget {
  constructor() {
    super();
    alive.add(this);
  }
  stop(): void {
    alive.delete(this);
  }
}

function stream(): { stream: MediaStream; track: FakeTrack } {
  const track = new FakeTrack();
  return { stream: { getTracks: () => [track] } as unknown as MediaStream, track };
}

beforeEach(() => {
  alive = new Set();
  asked = [];
  lets = true;
  vi.stubGlobal('crossOriginIsolated', true);
  vi.stubGlobal('isSecureContext', true);
  vi.stubGlobal('AudioContext', FakeContext);
  vi.stubGlobal('AudioWorkletNode', FakeNode);
  vi.stubGlobal('GainNode', FakeNode);
  vi.stubGlobal('AudioDecoder', { isConfigSupported: async () => ({ supported: true }) });
  vi.stubGlobal('AudioEncoder', { isConfigSupported: async () => ({ supported: true }) });
  Object.defineProperty(navigator, 'userActivation', { value: { hasBeenActive: false }, configurable: true });
  Object.defineProperty(navigator, 'mediaDevices', {
    configurable: true,
    value: Object.assign(new EventTarget(), {
      enumerateDevices: async () => [
        { kind: 'audioinput', deviceId: 'default', label: 'Default' },
        { kind: 'audioinput', deviceId: 'a', label: 'Headset' },
        { kind: 'audioinput', deviceId: 'b', label: '' },
      ],
      getUserMedia: ({ audio }: { audio: MediaTrackConstraints }) => {
        asked.push(audio);
        return new Promise<MediaStream>((resolve, reject) => {
          answer = resolve;
          deny = reject;
        });
      },
    }),
  });
  localStorage.clear();
});

afterEach(() => {
  for (const scope of scopes.splice(0)) scope.dispose();
  vi.unstubAllGlobals();
});

const settle = async (): Promise<void> => {
  for (let count = 0; count < 20; count += 1) await Promise.resolve();
};

function page(role: 'controller' | 'viewer' = 'controller') {
  const store = new Store('http://desk.example/');
  const scope = new Scope();
  scopes.push(scope);
  const told: ToWorker[] = [];
  const ability = { h264: true, jpeg: true, secure: true };
  const start = { role, ability, picks: {}, sizing: { kind: 'window' }, everyPixel: false, hidden: false } as const;
  let state: State = { ...initial({ ...start, listens: store.get('sound') !== 'no' }, 0) };
  let audio: DesktopAudio | undefined;
  const set = (next: Partial<State>): void => {
    state = { ...state, ...next };
    audio?.update();
  };
  const decide = (event: Event): void => set(reduce(state, event, 0).state);
  audio = new DesktopAudio(scope, {
    store,
    state: () => state,
    decide,
    tell: (message) => told.push(message),
    changed: () => {},
  });
  set({ link: { name: 'ready' }, settings: SETTINGS, phase: { name: 'streaming' } });
  const all: Audio = audio;
  return { audio, sound: all.sound, microphone: all.microphone, set, told, scope };
}

const speaks = (told: readonly ToWorker[]): boolean[] =>
  told.flatMap((message) => (message.do === 'speak' ? [message.from !== undefined] : []));
const hears = (told: readonly ToWorker[]): boolean[] =>
  told.flatMap((message) => (message.do === 'hear' ? [message.outlet !== undefined] : []));
const gesture = (): boolean => window.dispatchEvent(new Event_('pointerdown'));
const Event_ = globalThis.Event;

describe('sound', () => {
  test('waits for a gesture while something is to be heard, and then plays', async () => {
    const { audio, sound, told } = page();
    expect(sound.waits).toBe(false);
    audio.heard({ is: 'sounds', on: true });
    await settle();
    expect([sound.waits, alive.size]).toEqual([true, 0]);
    gesture();
    await settle();
    expect([sound.waits, alive.size]).toEqual([false, 1]);
    expect(hears(told)).toEqual([true]);
  });

  test('goes on waiting where the gesture was none for the browser', async () => {
    lets = false;
    const { audio, sound } = page();
    audio.heard({ is: 'sounds', on: true });
    gesture();
    await settle();
    expect(sound.waits).toBe(true);
    lets = true;
    gesture();
    await settle();
    expect(sound.waits).toBe(false);
  });

  test('rests in silence, wakes with the next sound, and asks for nothing in between', async () => {
    const { audio, sound } = page();
    gesture();
    await settle();
    const [context] = alive as Set<FakeContext>;
    expect(context?.state).toBe('suspended');
    audio.heard({ is: 'sounds', on: true });
    expect(sound.waits).toBe(false);
    await settle();
    expect(context?.state).toBe('running');
    audio.heard({ is: 'sounds', on: false });
    await settle();
    expect([context?.state, alive.size]).toEqual(['suspended', 1]);
  });

  test('that is turned off lets go of everything, and stays off for the next visit', async () => {
    const { audio, sound, told } = page();
    audio.heard({ is: 'sounds', on: true });
    gesture();
    await settle();
    sound.turn(false);
    expect([sound.on, alive.size]).toEqual([false, 0]);
    expect(hears(told)).toEqual([true, false]);
    gesture();
    await settle();
    expect(alive.size).toBe(0);
    expect(page().sound.on).toBe(false);
  });

  test('of a server without any is not waited for', async () => {
    const { audio, sound, set } = page();
    set({ mute: true });
    audio.heard({ is: 'sounds', on: true });
    gesture();
    expect([sound.lack, sound.waits, alive.size]).toEqual(['server', false, 0]);
  });

  test('whose player cannot be loaded says so until the next connection', async () => {
    const { sound, set } = page();
    vi.stubGlobal(
      'AudioContext',
      class extends FakeContext {
        override audioWorklet = { addModule: () => Promise.reject(new DOMException('gone', 'AbortError')) };
      },
    );
    gesture();
    await settle();
    expect([sound.lack, alive.size]).toEqual(['broken', 0]);
    set({ link: { name: 'none' } });
    expect(sound.lack).toBeUndefined();
  });

  test('keeps its volume, and takes no nonsense for one', () => {
    page().sound.setVolume(30);
    expect(page().sound.volume).toBe(30);
    localStorage.setItem('selkies / volume', '250');
    expect(page().sound.volume).toBe(100);
  });
});

describe('the microphone', () => {
  async function on() {
    const visit = page();
    visit.microphone.turn(true);
    const { stream: given, track } = stream();
    answer(given);
    await settle();
    expect(visit.microphone.state).toBe('on');
    return { ...visit, track };
  }

  test('is asked for, recorded at 24 kHz and sent, until it is turned off', async () => {
    const { microphone, told } = page();
    expect(microphone.state).toBe('off');
    microphone.turn(true);
    expect(microphone.state).toBe('asking');
    expect(asked).toMatchObject([{ channelCount: 1, echoCancellation: true, noiseSuppression: true }]);
    answer(stream().stream);
    await settle();
    const started = told.find((message) => message.do === 'speak');
    expect(started).toMatchObject({ from: { rate: 24_000 } });
    microphone.turn(false);
    expect([microphone.state, alive.size]).toEqual(['off', 0]);
    expect(speaks(told)).toEqual([true, false]);
  });

  test.each([
    ['the connection is lost', { link: { name: 'none' } }],
    ['this page only watches from now on', { role: 'viewer' }],
    ['the operator turns it off', { settings: { ...SETTINGS, microphone_enabled: { value: false, locked: true } } }],
  ] as const)('stops when %s', async (_, change) => {
    const { microphone, set } = await on();
    set(change);
    expect([microphone.state, alive.size]).toEqual(['off', 0]);
  });

  test('stops when the page goes, and when the desktop takes none, which is said', async () => {
    const first = await on();
    window.dispatchEvent(new Event_('pagehide'));
    expect([first.microphone.state, alive.size]).toEqual(['off', 0]);
    const second = await on();
    second.audio.microphone.refuse();
    expect([second.microphone.state, second.microphone.trouble, alive.size]).toEqual(['off', 'refused', 0]);
    const third = await on();
    third.scope.dispose();
    expect(alive.size).toBe(0);
  });

  test('that is pulled out is missed', async () => {
    const { microphone, track } = await on();
    track.dispatchEvent(new Event_('ended'));
    expect([microphone.state, microphone.trouble, alive.size]).toEqual(['off', 'missing', 0]);
  });

  test.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'missing'],
    ['AbortError', 'broken'],
  ])('%s is told as %s, and it can be tried again', async (name, trouble) => {
    const { microphone } = page();
    microphone.turn(true);
    deny(new DOMException('no', name));
    await settle();
    expect([microphone.state, microphone.trouble]).toEqual(['off', trouble]);
    microphone.turn(true);
    expect([microphone.state, microphone.trouble]).toEqual(['asking', undefined]);
  });

  test('that is allowed only after the person thought better of it is given back at once', async () => {
    const { microphone, told } = page();
    microphone.turn(true);
    microphone.turn(false);
    answer(stream().stream);
    await settle();
    expect([microphone.state, alive.size]).toEqual(['off', 0]);
    expect(speaks(told)).toEqual([false]);
  });

  test('is recorded at the machine’s rate where the browser does not resample it', async () => {
    vi.stubGlobal(
      'AudioContext',
      class extends FakeContext {
        override createMediaStreamSource(): FakeNode {
          if (this.sampleRate === 24_000) throw new DOMException('another rate', 'NotSupportedError');
          return new FakeNode();
        }
      },
    );
    const { told } = await on();
    expect(told.find((message) => message.do === 'speak')).toMatchObject({ from: { rate: 44_100 } });
    expect(alive.size).toBe(2);
  });

  test('is chosen among those with a name, and cleaned as wanted', async () => {
    const { microphone } = await on();
    expect(microphone.devices).toEqual([{ id: 'a', name: 'Headset' }]);
    microphone.recordFrom('a');
    microphone.clean('echo', false);
    expect(asked.at(-1)).toMatchObject({ deviceId: 'a', echoCancellation: false, noiseSuppression: true });
    expect(page().microphone.device).toBe('a');
  });

  test('is not there for who only watches, nor where the operator closed it', () => {
    expect(page('viewer').microphone.lack).toBe('viewer');
    const { microphone, set } = page();
    expect(microphone.lack).toBeUndefined();
    set({ settings: { ...SETTINGS, microphone_enabled: { value: false, locked: true } } });
    expect(microphone.lack).toBe('server');
    microphone.turn(true);
    expect([microphone.state, asked]).toEqual(['off', []]);
  });
});
