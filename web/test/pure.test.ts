import { describe, expect, test } from 'vitest';
import { Tally } from '../src/engine/tally.ts';
import { Scope } from '../src/scope.ts';
import { deviceSize, dpiFor, place, toStream, wantedSize } from '../src/session/size.ts';
import { SETTINGS } from '../src/settings/generated.ts';
import { entryOf, PROPOSABLE, parsePicks, rowOf, shows, textOf, validPicks } from '../src/settings/rules.ts';
import { target } from '../src/ui/roving.ts';
import { trackOf } from '../src/ui/rows.ts';
import { sparkPath } from '../src/ui/spark.ts';
import { ability, jpegDecode } from '../src/video/pipelines.ts';
import { codecOf } from '../src/video/sps.ts';

describe('sizes', () => {
  test('are asked for in even pixels within the limits of the wire', () => {
    expect(wantedSize({ width: 801, height: 451 })).toEqual({ width: 800, height: 450 });
    expect(wantedSize({ width: 1281.5, height: 720.9 })).toEqual({ width: 1280, height: 720 });
    expect(wantedSize({ width: 9000, height: 20 })).toEqual({ width: 4080, height: 64 });
  });

  test('a stream of the window’s size lies on its pixels', () => {
    const device = { ...deviceSize(801, 451, 1.5), ratio: 1.5 };
    expect(device).toMatchObject({ width: 1202, height: 677 });
    const at = place(device, { width: 1202, height: 676 });
    expect(at).toMatchObject({ exact: true, left: 0, top: 0 });
    expect(at.width * 1.5).toBeCloseTo(1202);
  });

  test('a smaller stream is drawn as large as fits, its aspect kept', () => {
    const at = place({ width: 1000, height: 1000, ratio: 1 }, { width: 400, height: 200 });
    expect(at).toEqual({ left: 0, top: 250, width: 1000, height: 500, exact: false, whole: false });
  });

  test('a whole multiple is known as such', () =>
    expect(place({ width: 2000, height: 1000, ratio: 2 }, { width: 1000, height: 500 })).toMatchObject({
      whole: true,
      width: 1000,
    }));

  test('points outside land on the nearest pixel', () => {
    const stream = { width: 400, height: 200 };
    const at = place({ width: 1000, height: 1000, ratio: 1 }, stream);
    expect(toStream(500, 500, at, stream)).toEqual({ x: 200, y: 100 });
    expect(toStream(-5, 10, at, stream)).toEqual({ x: 0, y: 0 });
    expect(toStream(2000, 2000, at, stream)).toEqual({ x: 399, y: 199 });
  });

  test('dense screens ask for larger text', () => {
    expect([1, 1.1, 1.25, 2, 3, 5].map(dpiFor)).toEqual([96, 96, 120, 192, 288, 288]);
  });
});

describe('codec names', () => {
  const unit = (...bytes: number[]): Uint8Array => Uint8Array.from([...bytes, 0xda, 1, 0x40, 0x16, 0xec]);

  test('come from the sequence parameter set, whichever start code', () => {
    expect(codecOf(unit(0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f))).toBe('avc1.42C01F');
    expect(codecOf(unit(0, 0, 1, 0x67, 0xf4, 0x00, 0x28))).toBe('avc1.F40028');
    expect(codecOf(unit(0, 0, 0, 1, 0x09, 0x10, 0, 0, 1, 0x27, 0x64, 0, 0x34))).toBe('avc1.640034');
  });

  test('are not invented', () => {
    expect(codecOf(unit(0, 0, 0, 1, 0x65, 0x88, 0x84))).toBeUndefined();
    expect(codecOf(Uint8Array.of(0, 0, 1, 0x67))).toBeUndefined();
    expect(codecOf(new Uint8Array())).toBeUndefined();
  });
});

describe('settings', () => {
  const entries = {
    framerate: { value: [8, 120], min: 8, max: 120, default: 60 },
    video_crf: { value: [25, 25], min: 25, max: 25, default: 25 },
    encoder: { value: 'h264enc', allowed: ['h264enc', 'jpeg'] },
    rate_control_mode: { value: 'crf', allowed: ['crf'] },
    video_fullcolor: { value: true, locked: true },
    jpeg_quality: 'nonsense',
    ui_title: { value: 'Harbour' },
    ui_show_sidebar: { value: false, locked: false },
  };

  test('are drawn by their form', () => {
    expect(rowOf(entries, {}, 'framerate')).toEqual({ kind: 'slider', value: 60, min: 8, max: 120 });
    expect(rowOf(entries, { framerate: 30 }, 'framerate')).toMatchObject({ value: 30 });
    expect(rowOf(entries, { encoder: 'jpeg' }, 'encoder')).toMatchObject({ kind: 'choice', value: 'jpeg' });
  });

  test('a locked switch is text, whatever was picked', () =>
    expect(rowOf(entries, { video_fullcolor: false }, 'video_fullcolor')).toEqual({ kind: 'locked', value: true }));

  test.each(['video_crf', 'rate_control_mode', 'jpeg_quality', 'video_bitrate'] as const)(
    '%s has nothing to choose',
    (name) => expect(rowOf(entries, {}, name)).toBeUndefined(),
  );

  test('a switch is drawn when the feature behind it is built', () => {
    const open = { value: false, locked: false };
    for (const name of PROPOSABLE) {
      expect([name, rowOf({ [name]: open }, {}, name) !== undefined]).toEqual([name, SETTINGS[name].inEffect]);
    }
  });

  test('picks outside of what is offered do not count', () => {
    const picks = { framerate: 200, encoder: 'av1', video_fullcolor: false, video_crf: 25 };
    expect(validPicks(picks, entries)).toEqual({});
  });

  test('foreign text in the storage is no choice', () => {
    expect(parsePicks('{"framerate":30,"encoder":{"a":1},"evil":1,"video_crf":"x"}')).toEqual({
      framerate: 30,
      video_crf: 'x',
    });
    expect(parsePicks('[')).toEqual({});
    expect(parsePicks(null)).toEqual({});
  });

  test('switches of the page and its title', () => {
    expect(shows(entries, 'ui_show_sidebar')).toBe(false);
    expect(shows(entries, 'ui_show_logo')).toBe(true);
    expect(shows(undefined, 'ui_show_sidebar')).toBe(true);
    expect(textOf(entries, 'ui_title')).toBe('Harbour');
    expect(entryOf(entries, 'toString')).toBeUndefined();
  });
});

describe('sliders', () => {
  test('an inverted one turns round, there and back', () => {
    const track = trackOf({ min: 5, max: 50, inverted: true });
    expect(track.valueAt(0)).toBe(50);
    expect(track.stepOf(track.valueAt(13))).toBe(13);
  });

  test('a logarithmic one reaches both ends and says round numbers', () => {
    const track = trackOf({ min: 100, max: 1_000_000, logarithmic: true });
    expect(track.valueAt(0)).toBe(100);
    expect(track.valueAt(track.steps)).toBe(1_000_000);
    expect(track.valueAt(track.stepOf(8000)) / 8000).toBeCloseTo(1, 1);
    expect(track.valueAt(97) % 100).toBe(0);
  });
});

const REST = { answers: true, way: 'draw', trace: undefined };

describe('statistics', () => {
  test('a second counts and begins anew', () => {
    const tally = new Tally();
    for (let count = 1; count <= 100; count += 1) {
      tally.received(10);
      tally.drawn(count * 1000, count * 1001 - 2, count * 1001);
    }
    tally.skipped();
    expect(tally.take({ queue: 3, ...REST })).toEqual({
      total: 100,
      frames: 100,
      bytes: 1000,
      skipped: 1,
      queue: 3,
      delay: { middle: 51, worst: 96 },
      draw: 2,
      ...REST,
    });
    expect(tally.take({ queue: 0, ...REST })).toMatchObject({
      total: 100,
      frames: 0,
      delay: undefined,
      draw: undefined,
    });
  });

  test('the bands of a picture count once, with the delay of the last', () => {
    const tally = new Tally();
    for (let band = 1; band <= 4; band += 1) tally.drawn(1000, 1000 + band, 1001 + band);
    tally.drawn(1016, 1018, 1019);
    expect(tally.take({ queue: 0, ...REST })).toMatchObject({
      total: 2,
      frames: 2,
      delay: { middle: 5, worst: 5 },
      draw: 2.5,
    });
    tally.drawn(1016, 1020, 1021);
    expect(tally.take({ queue: 0, ...REST })).toMatchObject({ total: 2, frames: 0 });
  });

  test('a curve ends at the right edge', () => {
    const { line, area } = sparkPath([0, 10], 10, 5);
    expect(line).toBe('M75.0 28.0L100.0 2.0');
    expect(area.endsWith('L100 30L75.0 30Z')).toBe(true);
    expect(sparkPath([], 10, 5).line).toBe('');
  });
});

describe('a scope', () => {
  test('ends in the opposite order, once', () => {
    const order: number[] = [];
    const scope = new Scope();
    scope.add(() => order.push(1));
    scope.add(() => order.push(2));
    scope.dispose();
    scope.dispose();
    expect(order).toEqual([2, 1]);
  });

  test('ends at once what comes too late', () => {
    const scope = new Scope();
    scope.dispose();
    let ended = false;
    scope.add(() => {
      ended = true;
    });
    expect(ended).toBe(true);
  });

  test('does not keep what ended by itself', () => {
    const scope = new Scope();
    const target_ = new EventTarget();
    const stop = scope.listen(target_, 'x', () => {});
    const child = scope.child();
    expect(scope.size).toBe(2);
    stop();
    child.dispose();
    expect(scope.size).toBe(0);
  });
});

test('arrows move inside a group and stop at its ends', () => {
  expect(target('ArrowRight', 0, 4, 2)).toBe(1);
  expect(target('ArrowDown', 0, 4, 2)).toBe(2);
  expect(target('ArrowDown', 3, 4, 2)).toBe(3);
  expect(target('End', 0, 4, 2)).toBe(3);
  expect(target('a', 0, 4, 2)).toBeUndefined();
});

describe('what a browser can do', () => {
  const OffscreenCanvas = class {} as unknown as typeof globalThis.OffscreenCanvas;
  const decoder = (supported: boolean) =>
    ({ isConfigSupported: async () => ({ supported }) }) as unknown as typeof VideoDecoder;

  test('is asked of it', async () => {
    const createImageBitmap = (async () => ({})) as unknown as typeof globalThis.createImageBitmap;
    expect(await ability({ OffscreenCanvas, VideoDecoder: decoder(true) })).toEqual({ h264: true, jpeg: false });
    expect(await ability({ OffscreenCanvas, VideoDecoder: decoder(false), createImageBitmap })).toEqual({
      h264: false,
      jpeg: true,
    });
    expect(await ability({ VideoDecoder: decoder(true), createImageBitmap })).toEqual({ h264: false, jpeg: false });
  });

  test('a JPEG without any decoder is an error, not a picture', async () => {
    await expect(jpegDecode({})(new Uint8Array())).rejects.toThrow();
  });
});
