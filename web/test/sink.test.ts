import { beforeEach, describe, expect, test, vi } from 'vitest';
import { chooseSink } from '../src/video/pipelines.ts';
import type { Drawable, Shown, SinkName } from '../src/video/sink.ts';
import { makeSink } from '../src/video/sink.ts';

beforeEach(() => {
  vi.stubGlobal(
    'ImageData',
    class {
      readonly data: Uint8ClampedArray;
      constructor(data: Uint8ClampedArray) {
        this.data = data;
      }
    },
  );
});

/** A canvas, frames whose pixels come when the test says so, and a clock that drawing and copying move. */
function bench({ way = 'canvas', draw = 1, copy = 1, track }: Partial<Options> = {}) {
  const done: string[] = [];
  const shown: Shown[] = [];
  const played: boolean[] = [];
  let now = 0;
  let open = 0;
  let resized = 0;
  const copies: ((fail?: boolean) => void)[] = [];
  const context = {
    drawImage: (picture: { name: string }, _x: number, y: number) => {
      now += draw;
      done.push(`draw ${picture.name} ${y}`);
    },
    putImageData: (image: { data: Uint8ClampedArray }, _x: number, y: number) => done.push(`put ${image.data[0]} ${y}`),
  };
  const canvas = { width: 300, height: 150, getContext: () => context } as unknown as OffscreenCanvas;
  const written: string[] = [];
  const writer = {
    write: async (picture: Drawable & { name: string }) => {
      if (track === 'broken') throw new Error('gone');
      written.push(picture.name);
      picture.close();
    },
  };
  const sink = makeSink(
    { canvas, way, ...(track ? { track: { getWriter: () => writer } as unknown as WritableStream<VideoFrame> } : {}) },
    {
      now: () => now,
      resized: () => {
        resized += 1;
      },
      shown: (on) => shown.push(on),
      play: (on) => played.push(on),
    },
  );
  const frame = (name: string, width = 640, height = 360): VideoFrame => {
    open += 1;
    return {
      name,
      displayWidth: width,
      displayHeight: height,
      visibleRect: { width, height },
      close: () => {
        open -= 1;
      },
      copyTo: (pixels: Uint8ClampedArray) =>
        new Promise<void>((resolve, reject) => {
          copies.push((fail) => {
            now += copy;
            pixels[0] = Number(name);
            if (fail) reject(new Error('no such form'));
            else resolve();
          });
        }),
      clone: () => frame(name, width, height),
    } as unknown as VideoFrame;
  };
  const settle = async (): Promise<void> => {
    for (let count = 0; count < 5; count += 1) await Promise.resolve();
  };
  return {
    sink,
    canvas,
    done,
    shown,
    played,
    written,
    copies,
    frame,
    settle,
    open: () => open,
    resized: () => resized,
    /** Shows frames one after the other, each to its end. */
    async show(count: number): Promise<void> {
      for (let number = 1; number <= count; number += 1) {
        sink.resize(640, 360);
        sink.draw(frame(String(number)), 0, () => {});
        for (const finish of copies.splice(0)) finish();
        await settle();
      }
    },
  };
}

interface Options {
  way: SinkName;
  draw: number;
  copy: number;
  track: 'works' | 'broken';
}

describe('a canvas', () => {
  test('is copied to where that is quicker, drawn on where it is not', async () => {
    const slow = bench({ draw: 5, copy: 1 });
    await slow.show(20);
    expect(slow.done.filter((what) => what.startsWith('draw'))).toHaveLength(3);
    expect(slow.sink.way).toBe('copy');
    const quick = bench({ draw: 1, copy: 1 });
    await quick.show(20);
    expect(quick.done.filter((what) => what.startsWith('put'))).toHaveLength(3);
    expect(quick.sink.way).toBe('draw');
    expect(slow.open() + quick.open()).toBe(0);
  });

  test('takes the way that was asked for', async () => {
    const drawn = bench({ way: 'draw', draw: 5, copy: 1 });
    await drawn.show(10);
    expect(drawn.done.every((what) => what.startsWith('draw'))).toBe(true);
    const copied = bench({ way: 'copy', draw: 1, copy: 5 });
    await copied.show(10);
    expect(copied.done.every((what) => what.startsWith('put'))).toBe(true);
  });

  test('draws what cannot be copied, and tries no more', async () => {
    const { sink, frame, copies, settle, done, open } = bench({ way: 'copy' });
    sink.resize(640, 360);
    const drawn = vi.fn();
    sink.draw(frame('1'), 0, drawn);
    for (const finish of copies.splice(0)) finish(true);
    await settle();
    sink.draw(frame('2'), 0, drawn);
    expect(done).toEqual(['draw 1 0', 'draw 2 0']);
    expect(drawn).toHaveBeenCalledTimes(2);
    expect(open()).toBe(0);
  });

  test('never shows an older picture over a newer one, band by band', async () => {
    const { sink, frame, copies, settle, done, open } = bench({ way: 'copy' });
    sink.resize(640, 720);
    for (const name of ['1', '2']) sink.draw(frame(name), 0, () => {});
    sink.draw(frame('3'), 360, () => {});
    copies[1]?.();
    await settle();
    copies[0]?.();
    copies[2]?.();
    await settle();
    expect(done).toEqual(['put 2 0', 'put 3 360']);
    expect(open()).toBe(0);
  });

  test('keeps the old picture until the first of another size, and takes nothing of the old size then', async () => {
    const { sink, canvas, frame, copies, settle, done, resized } = bench({ way: 'copy' });
    sink.resize(640, 360);
    sink.draw(frame('1'), 0, () => {});
    sink.resize(800, 600);
    expect(canvas.width).toBe(300);
    copies[0]?.();
    await settle();
    expect(done).toEqual([]);
    sink.draw(frame('2', 800, 600), 0, () => {});
    copies[1]?.();
    await settle();
    expect(done).toEqual(['put 2 0']);
    expect([canvas.width, canvas.height, resized()]).toEqual([800, 600, 1]);
  });
});

describe('a video', () => {
  test('shows whole pictures; bands and JPEG are the canvas’s', async () => {
    const { sink, frame, settle, shown, written, done, open } = bench({ way: 'video', track: 'works' });
    sink.resize(640, 360);
    sink.draw(frame('1'), 0, () => {});
    await settle();
    expect([shown, written, sink.way]).toEqual([['video'], ['1'], 'video']);
    sink.plays(true);
    const close = vi.fn();
    sink.draw({ name: '2', width: 640, height: 64, close } as unknown as ImageBitmap, 64, () => {});
    expect(shown).toEqual(['video', 'canvas']);
    expect(done).toEqual(['draw 2 64']);
    sink.draw(frame('3'), 0, () => {});
    await settle();
    expect(shown).toEqual(['video', 'canvas', 'video']);
    expect(close).toHaveBeenCalledOnce();
    expect(open()).toBe(0);
  });

  test('pauses at rest, and shows the newest again as soon as it plays', async () => {
    const { sink, frame, settle, played, written, open } = bench({ way: 'video', track: 'works' });
    sink.resize(640, 360);
    sink.rest();
    expect(played).toEqual([]);
    sink.draw(frame('1'), 0, () => {});
    await settle();
    sink.plays(true);
    await settle();
    expect(written.splice(0)).toEqual(['1', '1']);
    sink.rest();
    sink.rest();
    expect(played).toEqual([false]);
    for (const name of ['2', '3']) sink.draw(frame(name), 0, () => {});
    await settle();
    expect(played).toEqual([false, true]);
    expect(written).toEqual(['2', '3']);
    sink.plays(true);
    await settle();
    expect(written).toEqual(['2', '3', '3']);
    sink.draw(frame('4'), 0, () => {});
    await settle();
    expect(written.at(-1)).toBe('4');
    expect(open()).toBe(0);
  });

  test('that does not play again is replaced by the canvas, with nothing lost', async () => {
    const { sink, frame, settle, shown, done, open } = bench({ way: 'video', track: 'works' });
    sink.resize(640, 360);
    sink.draw(frame('1'), 0, () => {});
    await settle();
    sink.plays(true);
    await settle();
    sink.rest();
    sink.draw(frame('2'), 0, () => {});
    await settle();
    sink.plays(false);
    expect(done).toEqual(['draw 2 0']);
    expect(shown).toEqual(['video', 'canvas']);
    expect(open()).toBe(0);
  });

  test('that takes no more is replaced by the canvas', async () => {
    const { sink, frame, settle, shown, done, open } = bench({ way: 'video', track: 'broken' });
    sink.resize(640, 360);
    sink.draw(frame('1'), 0, () => {});
    await settle();
    sink.draw(frame('2'), 0, () => {});
    expect(done).toEqual(['draw 2 0']);
    expect(shown).toEqual([]);
    expect(open()).toBe(0);
  });
});

test('a video that may not play is not used', async () => {
  const { sink, frame, shown, done, written } = bench({ way: 'video', track: 'works' });
  sink.resize(640, 360);
  sink.plays(false);
  sink.draw(frame('1'), 0, () => {});
  expect([shown, done, written]).toEqual([[], ['draw 1 0'], []]);
});

test('a sink is chosen by what works, and by name where it works', () => {
  const OffscreenCanvas = class {} as unknown as typeof globalThis.OffscreenCanvas;
  const MediaStreamTrackGenerator = class {} as never;
  expect(chooseSink({ OffscreenCanvas }, null)).toBe('canvas');
  expect(chooseSink({ OffscreenCanvas }, 'video')).toBe('canvas');
  expect(chooseSink({ OffscreenCanvas, MediaStreamTrackGenerator }, 'video')).toBe('video');
  expect(chooseSink({ OffscreenCanvas, MediaStreamTrackGenerator }, 'copy')).toBe('copy');
  expect(chooseSink({ OffscreenCanvas, MediaStreamTrackGenerator }, 'nonsense')).toBe('video');
  expect(chooseSink({ OffscreenCanvas, MediaStreamTrackGenerator }, 'canvas')).toBe('canvas');
});
