import { describe, expect, test } from 'vitest';
import type { ServerMessage } from '../src/proto/messages.ts';
import { mayReload, retryDelay } from '../src/session/reconnect.ts';
import type { Effect, Event } from '../src/session/reduce.ts';
import { reduce, wakeup } from '../src/session/reduce.ts';
import type { Start, State } from '../src/session/state.ts';
import { initial, stateName } from '../src/session/state.ts';

/** A session with a clock that only moves when told to. */
class Bench {
  now = 1000;
  state: State;
  effects: Effect[] = [];

  constructor(start: Partial<Start> = {}) {
    const ability = { h264: true, jpeg: true, secure: true };
    const sizing = { kind: 'window' } as const;
    this.state = initial(
      { role: 'controller', ability, picks: {}, sizing, everyPixel: true, hidden: false, listens: false, ...start },
      this.now,
    );
  }

  do(event: Event): this {
    const { state, effects } = reduce(this.state, event, this.now);
    this.state = state;
    this.effects.push(...effects);
    return this;
  }

  say(message: ServerMessage): this {
    return this.do({ type: 'message', message });
  }

  /** Lets time pass, with every tick the session asks for. */
  pass(ms: number): this {
    const end = this.now + ms;
    for (let at = wakeup(this.state); at !== undefined && at <= end; at = wakeup(this.state)) {
      this.now = Math.max(this.now, at);
      this.do({ type: 'tick' });
    }
    this.now = end;
    return this;
  }

  /** What was done since the last look. */
  take(): unknown[] {
    const done = this.effects.map((effect) => (effect.do === 'send' ? effect.message : effect.do));
    this.effects = [];
    return done;
  }

  verbs(): string[] {
    return this.take().map((one) => (typeof one === 'string' ? one : (one as { type: string }).type));
  }

  connect(): this {
    return this.do({ type: 'start' })
      .do({ type: 'window', size: { width: 801, height: 600 }, ratio: 1 })
      .do({ type: 'opened' });
  }

  stream(): this {
    this.connect()
      .say({ type: 'mode' })
      .say({ type: 'settings', settings: SETTINGS })
      .do({ type: 'chunk' })
      .do({ type: 'painted', size: { width: 800, height: 600 } })
      .pass(1000);
    this.effects = [];
    return this;
  }
}

const SETTINGS = {
  encoder: { value: 'h264enc', allowed: ['h264enc', 'jpeg'] },
  framerate: { value: [8, 120], min: 8, max: 120, default: 60 },
  video_fullcolor: { value: false, locked: false },
};
const lost: Event = { type: 'closed', code: 1006, reason: '', opened: true };

describe('connecting', () => {
  test('says who we are and how large before the server has said anything', () => {
    const [open, capabilities, settings] = new Bench().connect().take();
    expect(open).toBe('open');
    expect(capabilities).toEqual({
      type: 'capabilities',
      desktopState: true,
      eachAck: true,
      trace: true,
      clips: true,
      rumble: true,
    });
    expect(settings).toMatchObject({ type: 'settings', proposal: { display: 'primary', initialSize: [800, 600] } });
  });

  test('a viewer sends no settings and no size, and starts the video', () => {
    const bench = new Bench({ role: 'viewer' })
      .connect()
      .say({ type: 'mode' })
      .say({ type: 'settings', settings: SETTINGS });
    expect(bench.verbs()).toEqual(['open', 'capabilities', 'release_keys', 'start_video']);
  });

  test('who listens asks for the sound, watching or driving, on every connection', () => {
    for (const role of ['controller', 'viewer'] as const) {
      const bench = new Bench({ role, listens: true }).connect().say({ type: 'mode' });
      expect(bench.verbs()).toContain('start_audio');
      bench.do(lost).pass(2000).do({ type: 'opened' }).say({ type: 'mode' });
      expect(bench.verbs()).toContain('start_audio');
    }
    expect(new Bench().connect().say({ type: 'mode' }).verbs()).not.toContain('start_audio');
  });

  test('sound is turned off and on, once each, and only where there is a connection', () => {
    const bench = new Bench().do({ type: 'listen', on: true });
    expect(bench.verbs()).toEqual([]);
    bench.connect().say({ type: 'mode' }).take();
    bench.do({ type: 'listen', on: true });
    expect(bench.verbs()).toEqual([]);
    bench.do({ type: 'listen', on: false });
    expect(bench.verbs()).toEqual(['stop_audio']);
    bench.do({ type: 'listen', on: true });
    expect(bench.verbs()).toEqual(['start_audio']);
  });

  test('a hidden or paused page goes on listening', () => {
    const bench = new Bench({ listens: true }).stream();
    bench.do({ type: 'hidden', hidden: true }).pass(1000);
    expect(bench.verbs()).toEqual(['stop_video']);
    bench.do({ type: 'hidden', hidden: false }).do({ type: 'pause', paused: true });
    expect(bench.verbs()).not.toContain('stop_audio');
  });

  test('a server without sound says so, and the next one may have some', () => {
    const bench = new Bench({ listens: true }).stream().say({ type: 'audio_disabled' });
    expect(bench.state.mute).toBe(true);
    bench.do(lost).pass(2000).do({ type: 'opened' }).say({ type: 'mode' });
    expect(bench.state.mute).toBe(false);
  });

  test('every announcement of settings is answered with the size', () => {
    const bench = new Bench().stream();
    bench.say({ type: 'settings', settings: SETTINGS });
    expect(bench.take()).toEqual([{ type: 'resize', width: 800, height: 600, display: 'primary' }]);
  });

  test('the first picture makes it streaming', () => {
    const bench = new Bench().connect();
    expect(stateName(bench.state)).toBe('connecting');
    bench.say({ type: 'mode' }).do({ type: 'painted', size: { width: 800, height: 600 } });
    expect(stateName(bench.state)).toBe('streaming');
  });

  test('asks five times for a picture that does not come, then starts over', () => {
    const bench = new Bench().connect().say({ type: 'mode' });
    bench.take();
    bench.pass(18_000);
    expect(bench.verbs()).toEqual([...Array<string>(5).fill('request_keyframe'), 'close']);
    expect(bench.state.retry.at).toBeDefined();
  });

  test('gives up an attempt that takes too long', () => {
    const bench = new Bench().do({ type: 'start' });
    bench.take();
    bench.pass(10_300);
    expect(bench.verbs()).toEqual(['close', 'open']);
  });
});

describe('losing the connection', () => {
  test('tries again soon, then ever more slowly', () => {
    const bench = new Bench().stream();
    const waits: number[] = [];
    for (let tries = 0; tries < 8; tries += 1) {
      bench.do(tries === 0 ? lost : { type: 'closed', code: 1006, reason: '', opened: false });
      if (tries > 0) bench.do({ type: 'probed', verdict: 'other' });
      waits.push((bench.state.retry.at ?? 0) - bench.now);
      bench.pass(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([300, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    expect(bench.state.phase.name).toBe('lost');
  });

  test('a socket that never opened is asked about', () => {
    const bench = new Bench().do({ type: 'start' }).do({ type: 'closed', code: 1006, reason: '', opened: false });
    expect(bench.take()).toEqual(['open', 'probe']);
    bench.do({ type: 'probed', verdict: 'unauthorised' });
    expect(bench.take()).toEqual(['reload']);
    expect(bench.state.phase.name).toBe('refused');
  });

  test('a picture ends it and forgets the failed tries', () => {
    const bench = new Bench().stream().do(lost).pass(300).do({ type: 'opened' }).say({ type: 'mode' });
    expect(bench.state.phase.name).toBe('lost');
    bench.do({ type: 'painted', size: { width: 800, height: 600 } });
    expect(bench.state.phase.name).toBe('streaming');
    expect(bench.state.retry).toEqual({ tries: 0, at: undefined });
  });

  test('the network coming back is a reason to try at once', () => {
    const bench = new Bench().stream().do(lost);
    bench.take();
    expect(bench.do({ type: 'online' }).take()).toEqual(['open']);
  });

  test('a link whose server is out of reach is given up, and tried again', () => {
    const bench = new Bench().stream().do({ type: 'unreachable' });
    expect(bench.verbs()).toEqual(['close']);
    expect(bench.state.phase.name).toBe('lost');
    expect(bench.pass(300).verbs()).toEqual(['open']);
  });

  test('a server that stops is looked for by itself', () => {
    const bench = new Bench().stream().do({ type: 'closed', code: 4000, reason: 'server shutting down', opened: true });
    expect(bench.state.phase.name).toBe('stopped');
    expect(bench.pass(1000).take()).toEqual(['open']);
    expect(bench.state.phase.name).toBe('stopped');
  });

  test('another page that takes the desktop is final until the person decides', () => {
    const bench = new Bench()
      .stream()
      .say({ type: 'kill', reason: 'a new primary client connected connection killed' });
    expect(bench.state.phase.name).toBe('taken');
    expect(bench.take()).toEqual(['release-keys', 'close']);
    expect(wakeup(bench.state)).toBeUndefined();
    bench.do({ type: 'watch' });
    expect(bench.take()).toEqual(['open']);
    expect(bench.state.role).toBe('viewer');
  });

  test('a close that says superseded is the same', () => {
    const bench = new Bench()
      .stream()
      .do({ type: 'closed', code: 1000, reason: 'Superseded by new client', opened: true });
    expect(bench.state.phase.name).toBe('taken');
    expect(bench.do({ type: 'take-back' }).take()).toEqual(['open']);
    expect(bench.state.role).toBe('controller');
  });

  test('every other verdict is shown as it was said', () => {
    const bench = new Bench().stream().say({ type: 'kill', reason: 'The server is full.' });
    expect(bench.state.phase).toEqual({ name: 'refused', reason: 'The server is full.' });
  });

  test('words of a link that is gone change nothing', () => {
    const bench = new Bench()
      .stream()
      .say({ type: 'kill', reason: 'no' })
      .do(lost)
      .do({ type: 'painted', size: { width: 1, height: 1 } });
    expect(bench.state.phase.name).toBe('refused');
  });
});

describe('the size', () => {
  test('follows the window once it rests', () => {
    const bench = new Bench().stream();
    for (const width of [900, 950, 1001]) bench.do({ type: 'window', size: { width, height: 700 }, ratio: 1 }).pass(50);
    expect(bench.take()).toEqual([]);
    expect(bench.pass(100).take()).toEqual([{ type: 'resize', width: 1000, height: 700, display: 'primary' }]);
  });

  test('is not asked for twice', () => {
    const bench = new Bench().stream().do({ type: 'window', size: { width: 801, height: 601 }, ratio: 1 });
    expect(bench.pass(1000).take()).toEqual([]);
  });

  test('is the server’s where the server fixed it', () => {
    const fixed = { ...SETTINGS, is_manual_resolution_mode: { value: true, locked: true } };
    const bench = new Bench().stream().say({ type: 'settings', settings: fixed });
    bench.do({ type: 'window', size: { width: 1400, height: 700 }, ratio: 1 });
    expect(bench.pass(1000).take()).toEqual([]);
  });

  test('in CSS pixels when not every pixel is wanted', () => {
    const bench = new Bench({ everyPixel: false }).stream();
    bench.do({ type: 'window', size: { width: 2000, height: 1000 }, ratio: 2 }).pass(200);
    expect(bench.take()).toEqual([{ type: 'resize', width: 1000, height: 500, display: 'primary' }]);
  });

  test('is not more than the page has where the page is made smaller', () => {
    const bench = new Bench({ everyPixel: false }).stream();
    bench.do({ type: 'window', size: { width: 1000, height: 500 }, ratio: 0.5 }).pass(200);
    expect(bench.take()).toEqual([{ type: 'resize', width: 1000, height: 500, display: 'primary' }]);
  });

  test('of text is proposed only where the server leaves the choice, and follows the screen', () => {
    const sizes = (bench: Bench): unknown[] =>
      (bench.pass(1000).take() as { proposal?: { values: { scaling_dpi?: number } } }[]).flatMap(({ proposal }) =>
        proposal ? [proposal.values.scaling_dpi] : [],
      );
    const menu = (...allowed: string[]) => ({ ...SETTINGS, scaling_dpi: { value: '96', allowed } });
    const bench = new Bench();
    expect(sizes(bench.connect().say({ type: 'mode' }))).toEqual([undefined]);
    expect(sizes(bench.say({ type: 'settings', settings: menu('96') }))).toEqual([]);
    expect(sizes(bench.say({ type: 'settings', settings: menu('96', '144', '192') }))).toEqual([96]);
    expect(sizes(bench.say({ type: 'settings', settings: menu('96', '144', '192') }))).toEqual([]);
    bench.do({ type: 'window', size: { width: 1600, height: 1200 }, ratio: 2 });
    expect(sizes(bench)).toEqual([192]);
    expect(sizes(bench.do({ type: 'every-pixel', on: false }))).toEqual([96]);
  });

  test('of a person’s choice is asked for at once', () => {
    const bench = new Bench()
      .stream()
      .do({ type: 'sizing', sizing: { kind: 'fixed', size: { width: 1920, height: 1080 } } });
    expect(bench.take()).toEqual([{ type: 'resize', width: 1920, height: 1080, display: 'primary' }]);
  });
});

describe('hiding, showing, pausing', () => {
  test('a hidden page stops the video, and starts it when shown', () => {
    const bench = new Bench().stream().do({ type: 'hidden', hidden: true }).pass(249);
    expect(bench.take()).toEqual([]);
    expect(bench.pass(1).verbs()).toEqual(['stop_video']);
    expect(bench.do({ type: 'hidden', hidden: false }).verbs()).toEqual(['start_video']);
  });

  test('a page that was hidden for a moment only sends nothing', () => {
    const bench = new Bench()
      .stream()
      .do({ type: 'hidden', hidden: true })
      .pass(100)
      .do({ type: 'hidden', hidden: false });
    expect(bench.pass(5000).take()).toEqual([]);
  });

  test('a start that brings no picture is repeated, then the link is given up', () => {
    const bench = new Bench().stream().do({ type: 'pause', paused: true }).do({ type: 'pause', paused: false });
    bench.take();
    expect(bench.pass(12_000).verbs()).toEqual(['start_video', 'start_video', 'start_video', 'close']);
  });

  test('a paused page stays so when it is shown again', () => {
    const bench = new Bench()
      .stream()
      .do({ type: 'pause', paused: true })
      .do({ type: 'hidden', hidden: true })
      .pass(1000);
    bench.take();
    expect(bench.do({ type: 'hidden', hidden: false }).pass(5000).take()).toEqual([]);
  });
});

describe('settings', () => {
  test('a moving slider sends at most five times a second, and its last value always', () => {
    const bench = new Bench().stream();
    for (let value = 20; value <= 50; value += 1) bench.do({ type: 'pick', name: 'framerate', value }).pass(20);
    const sent = bench
      .pass(1000)
      .take()
      .filter((one) => typeof one !== 'string') as { proposal: { values: { framerate: number } } }[];
    expect(sent.length).toBeLessThanOrEqual(5);
    expect(sent.at(-1)?.proposal.values.framerate).toBe(50);
  });

  test('what the server does not allow is not picked', () => {
    const bench = new Bench().stream().do({ type: 'pick', name: 'framerate', value: 500 });
    expect(bench.state.picks).toEqual({});
    expect(bench.pass(1000).take()).toEqual([]);
  });

  test('a stored choice that no longer fits is forgotten', () => {
    const bench = new Bench({ picks: { framerate: 240, encoder: 'jpeg' } }).stream();
    expect(bench.state.picks).toEqual({ encoder: 'jpeg' });
  });

  test('putting back says the operator’s values once', () => {
    const bench = new Bench({ picks: { framerate: 30 } }).stream().do({ type: 'restore', names: ['framerate'] });
    expect(bench.take()).toContainEqual({
      type: 'settings',
      proposal: { display: 'primary', values: { framerate: 60 } },
    });
    expect(bench.state.picks).toEqual({});
  });

  test('full colour that the browser cannot decode is taken back before anything else', () => {
    const bench = new Bench({ picks: { video_fullcolor: true } }).stream().do({ type: 'codec-refused' });
    expect(bench.pass(500).take()).toContainEqual(
      expect.objectContaining({
        proposal: expect.objectContaining({ values: expect.objectContaining({ video_fullcolor: false }) }),
      }),
    );
    expect(bench.state.phase.name).toBe('streaming');
    expect(bench.do({ type: 'codec-refused' }).state.phase.name).toBe('unsupported');
  });
});

describe('browsers that can do less', () => {
  test('over plain http JPEG is asked for without a question', () => {
    const bench = new Bench({ ability: { h264: false, jpeg: true, secure: false } }).connect();
    expect(bench.take()).toContainEqual(
      expect.objectContaining({
        proposal: expect.objectContaining({ values: expect.objectContaining({ encoder: 'jpeg' }) }),
      }),
    );
  });

  test('and the page says so when the server has none', () => {
    const bench = new Bench({ ability: { h264: false, jpeg: true, secure: false } }).connect().say({ type: 'mode' });
    bench.say({ type: 'settings', settings: { encoder: { value: 'h264enc', allowed: ['h264enc'] } } });
    expect(bench.state.phase).toEqual({ name: 'unsupported', why: 'insecure', jpeg: false });
  });

  test('without a decoder the person is asked first', () => {
    const bench = new Bench({ ability: { h264: false, jpeg: true, secure: true } }).do({ type: 'start' });
    expect(bench.state.phase).toEqual({ name: 'unsupported', why: 'codec', jpeg: true });
    expect(bench.do({ type: 'use-jpeg' }).take()).toContain('open');
  });
});

describe('the desktop', () => {
  test('that restarted is told until the person goes on', () => {
    const bench = new Bench().stream().say({ type: 'desktop_state', state: 'lost' });
    expect(stateName(bench.state)).toBe('desktop-lost');
    bench.say({ type: 'desktop_state', state: 'restarted' }).do({ type: 'chunk' });
    expect(stateName(bench.state)).toBe('desktop-restarted');
    expect(stateName(bench.do({ type: 'continue' }).state)).toBe('streaming');
  });
});

test('a login that fails reloads the page twice in half a minute, not more', () => {
  expect(mayReload([], 100_000)).toBe(true);
  expect(mayReload([90_000], 100_000)).toBe(true);
  expect(mayReload([80_000, 90_000], 100_000)).toBe(false);
  expect(mayReload([60_000, 90_000], 100_000)).toBe(true);
});

test('delays do not run out', () => expect(retryDelay(1000, true)).toBe(10_000));
