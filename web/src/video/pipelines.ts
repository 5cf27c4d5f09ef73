import type { JpegDecode } from './jpeg.ts';
import type { SinkName } from './sink.ts';

/** The parts of a browser that show pictures; a test passes its own. */
export interface Browser {
  VideoDecoder?: Pick<typeof VideoDecoder, 'isConfigSupported'> | undefined;
  ImageDecoder?: typeof ImageDecoder | undefined;
  createImageBitmap?: typeof createImageBitmap | undefined;
  OffscreenCanvas?: typeof OffscreenCanvas | undefined;
  MediaStreamTrackGenerator?: TrackGeneratorMaker | undefined;
}

/** Makes a video track of frames. Only the `Window` of Chromium has it; a worker may have its writable end. */
export type TrackGeneratorMaker = new (init: { kind: 'video' }) => TrackGenerator;

export interface TrackGenerator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}

interface Way {
  readonly shows: 'h264' | 'jpeg';
  readonly works: (browser: Browser) => boolean | Promise<boolean>;
}

/** A picture every decoder of H.264 should take: constrained baseline, 1080p. */
const PROBE = { codec: 'avc1.42E028', optimizeForLatency: true } as const;

/** What a browser may be able to do, best first. */
export const WAYS: readonly Way[] = [
  {
    shows: 'h264',
    works: async ({ VideoDecoder: decoder }) => {
      if (!decoder) return false;
      return decoder.isConfigSupported(PROBE).then(
        ({ supported }) => supported === true,
        () => false,
      );
    },
  },
  { shows: 'jpeg', works: ({ ImageDecoder: decoder }) => decoder !== undefined },
  { shows: 'jpeg', works: ({ createImageBitmap: create }) => create !== undefined },
];

/** What this browser shows. Without a canvas for workers it is nothing. */
export async function ability(browser: Browser): Promise<{ h264: boolean; jpeg: boolean }> {
  const able = { h264: false, jpeg: false };
  if (!browser.OffscreenCanvas) return able;
  for (const way of WAYS) {
    if (!able[way.shows]) able[way.shows] = await way.works(browser);
  }
  return able;
}

/** The quicker of this browser's two ways to decode a JPEG. */
export function jpegDecode(browser: Browser): JpegDecode {
  const { ImageDecoder: Decoder, createImageBitmap: create } = browser;
  if (Decoder) {
    return async (data) => {
      const decoder = new Decoder({ data: data as BufferSource, type: 'image/jpeg' });
      try {
        return (await decoder.decode()).image;
      } finally {
        decoder.close();
      }
    };
  }
  return async (data) => {
    if (!create) throw new Error('no way to decode a JPEG');
    return create(new Blob([data as BlobPart], { type: 'image/jpeg' }));
  };
}

interface SinkRow {
  readonly name: SinkName;
  readonly works: (browser: Browser) => boolean;
}

/**
 * How pictures may get onto the page, best first; `?sink=` in the page's address asks for a certain one. A video
 * of frames costs a third less than a canvas and shows them earlier, for the browser draws them once less.
 */
export const SINKS: readonly SinkRow[] = [
  { name: 'video', works: ({ MediaStreamTrackGenerator: maker }) => maker !== undefined },
  // Draws or copies, whichever is quicker here.
  { name: 'canvas', works: ({ OffscreenCanvas: canvas }) => canvas !== undefined },
  { name: 'draw', works: ({ OffscreenCanvas: canvas }) => canvas !== undefined },
  { name: 'copy', works: ({ OffscreenCanvas: canvas }) => canvas !== undefined },
];

/** The sink that was asked for, where it works; else the best. */
export function chooseSink(browser: Browser, asked: string | null): SinkName {
  const able = SINKS.filter(({ works }) => works(browser));
  return (able.find(({ name }) => name === asked) ?? able[0])?.name ?? 'canvas';
}
