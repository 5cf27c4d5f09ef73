/** A picture, or a band of one, that a canvas can draw. */
export type Drawable = VideoFrame | ImageBitmap;

/** What a page gives its worker to show pictures on. */
export interface Surface {
  readonly canvas: OffscreenCanvas;
  /** Leads to a `<video>` that may stand in for the canvas. */
  readonly track?: WritableStream<VideoFrame>;
  readonly way: SinkName;
}

/** How pictures get onto the page: the rows of `SINKS` in `pipelines.ts`. */
export type SinkName = 'canvas' | 'draw' | 'copy' | 'video';

/** The element that shows the picture. */
export type Shown = 'canvas' | 'video';

/** Where decoded pictures go. */
export interface Sink {
  /** How pictures are shown now, for statistics. */
  readonly way: 'draw' | 'copy' | 'video';
  /** The size of the whole picture, from the next drawing on. */
  resize(width: number, height: number): void;
  /** Draws a band at its place and closes it. `drawn` is called when it is there, perhaps later; or never. */
  draw(picture: Drawable, y: number, drawn: () => void): void;
  /** No picture came for a while. */
  rest(): void;
  /** The video plays as it was asked to; or it does not, and is of no use. */
  plays(does: boolean): void;
}

export interface SinkHost {
  now(): number;
  /** The picture has another size now; what was drawn before is gone. */
  resized(): void;
  /** From now on another element shows the picture. */
  shown(on: Shown): void;
  /** The video should play, or pause; {@link Sink.plays} tells when it plays. */
  play(on: boolean): void;
}

/** The sink of a surface. */
export function makeSink(surface: Surface, host: SinkHost): Sink {
  const canvas = canvasSink(surface, host);
  return surface.track ? new VideoSink(surface.track, canvas, host) : canvas;
}

/** Each way is timed so often before one is chosen. */
const TRIALS = 3;
/** Copying has to be so much quicker: it ends later than its own time, in another task. */
const WORTH = 0.7;
/** Pictures of fewer pixels say nothing about large ones. */
const TELLING = 16_000;
/** Memory for pixels that is kept for the next pictures. */
const SPARE = 4;

/**
 * Draws onto a 2D canvas. Browsers without a GPU draw a `VideoFrame` slowly and copy its pixels quickly, others
 * the other way round; so the first pictures go both ways, and the quicker one is kept.
 */
function canvasSink({ canvas, way }: Surface, host: SinkHost): Sink {
  const context = canvas.getContext('2d', { alpha: false, desynchronized: false });
  if (!context) throw new Error('this canvas already has another context');
  const trial = new Trial(way === 'draw' || way === 'copy' ? way : undefined);
  const newest = new Map<number, number>();
  let next: { width: number; height: number } | undefined;
  const spare = new Spare();
  let count = 0;

  const fit = (size: { width: number; height: number } | undefined): void => {
    // Resizing clears the canvas, so the last picture stays until there is a new one to draw.
    if (!size || (size.width === canvas.width && size.height === canvas.height)) return;
    canvas.width = size.width;
    canvas.height = size.height;
    newest.clear();
    host.resized();
  };

  const copy = async (frame: VideoFrame, y: number, drawn: () => void): Promise<void> => {
    const size = next;
    const { displayWidth: width, displayHeight: height } = frame;
    count += 1;
    const number = count;
    const began = host.now();
    const pixels = spare.take(width * height * 4);
    try {
      await frame.copyTo(pixels, { format: 'RGBA' });
    } catch {
      trial.failed();
      fit(size);
      context.drawImage(frame, 0, y);
      frame.close();
      drawn();
      return;
    }
    frame.close();
    // A newer one is there already, or pictures have another size by now.
    const late = number < (newest.get(y) ?? 0) || size !== next;
    if (!late) {
      fit(size);
      newest.set(y, number);
      context.putImageData(new ImageData(pixels, width, height), 0, y);
      trial.took('copy', host.now() - began, width * height);
      drawn();
    }
    spare.give(pixels);
  };

  return {
    get way() {
      return trial.way;
    },
    resize(width, height) {
      if (next?.width !== width || next.height !== height) next = { width, height };
    },
    draw(picture, y, drawn) {
      if ('copyTo' in picture && picture.visibleRect?.width === picture.displayWidth && trial.way === 'copy') {
        void copy(picture, y, drawn);
        return;
      }
      const began = host.now();
      count += 1;
      fit(next);
      newest.set(y, count);
      context.drawImage(picture, 0, y);
      if ('copyTo' in picture) trial.took('draw', host.now() - began, picture.displayWidth * picture.displayHeight);
      picture.close();
      drawn();
    },
    rest() {},
    plays() {},
  };
}

/** Finds the quicker of two ways by taking turns. */
class Trial {
  #chosen: 'draw' | 'copy' | undefined;
  readonly #best = { draw: Number.POSITIVE_INFINITY, copy: Number.POSITIVE_INFINITY };
  #draws = 0;
  #copies = 0;

  constructor(chosen: 'draw' | 'copy' | undefined) {
    this.#chosen = chosen;
  }

  /** The way of the next picture. */
  get way(): 'draw' | 'copy' {
    return this.#chosen ?? (this.#draws <= this.#copies ? 'draw' : 'copy');
  }

  /** Pixels cannot be had in the form that is wanted. */
  failed(): void {
    this.#chosen = 'draw';
  }

  took(way: 'draw' | 'copy', span: number, pixels: number): void {
    if (this.#chosen || pixels < TELLING) return;
    this.#best[way] = Math.min(this.#best[way], span / pixels);
    if (way === 'draw') this.#draws += 1;
    else this.#copies += 1;
    if (this.#draws < TRIALS || this.#copies < TRIALS) return;
    this.#chosen = this.#best.copy < WORTH * this.#best.draw ? 'copy' : 'draw';
  }
}

/** Memory that is used again, for pictures come by the dozen per second. */
class Spare {
  readonly #free: Uint8ClampedArray<ArrayBuffer>[] = [];

  take(length: number): Uint8ClampedArray<ArrayBuffer> {
    const at = this.#free.findIndex((pixels) => pixels.length === length);
    return this.#free.splice(at, at < 0 ? 0 : 1)[0] ?? new Uint8ClampedArray(length);
  }

  give(pixels: Uint8ClampedArray<ArrayBuffer>): void {
    this.#free.push(pixels);
    if (this.#free.length > SPARE) this.#free.shift();
  }
}

/**
 * Gives whole pictures to a `<video>`, which takes nothing else; bands go to the canvas below. A video that plays
 * costs something with each frame of the browser, so it pauses while nothing moves.
 */
class VideoSink implements Sink {
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  readonly #canvas: Sink;
  readonly #host: SinkHost;
  #size = { width: 0, height: 0 };
  #told = this.#size;
  #shown: Shown = 'canvas';
  #state: 'plays' | 'rests' | 'wakes' | 'broken' = 'wakes';
  /** What was given to a video that did not play yet: it may have been too early for it. */
  #again: VideoFrame | undefined;

  constructor(track: WritableStream<VideoFrame>, canvas: Sink, host: SinkHost) {
    this.#writer = track.getWriter();
    this.#canvas = canvas;
    this.#host = host;
  }

  get way(): Sink['way'] {
    return this.#shown === 'video' ? 'video' : this.#canvas.way;
  }

  resize(width: number, height: number): void {
    if (this.#size.width !== width || this.#size.height !== height) this.#size = { width, height };
    this.#canvas.resize(width, height);
  }

  draw(picture: Drawable, y: number, drawn: () => void): void {
    if (!('copyTo' in picture) || y !== 0 || picture.displayHeight < this.#size.height || this.#state === 'broken') {
      this.#keep(undefined);
      this.#canvas.draw(picture, y, () => {
        this.#show('canvas');
        drawn();
      });
      return;
    }
    if (this.#state === 'rests') {
      this.#state = 'wakes';
      this.#host.play(true);
    }
    if (this.#state === 'wakes') this.#keep(picture.clone());
    void this.#write(picture, drawn);
  }

  rest(): void {
    if (this.#state !== 'plays' || this.#shown !== 'video') return;
    this.#state = 'rests';
    this.#host.play(false);
  }

  plays(does: boolean): void {
    const again = this.#again;
    this.#again = undefined;
    if (this.#state === 'wakes') this.#state = 'plays';
    if (!does) this.#state = 'broken';
    if (again) this.draw(again, 0, () => {});
  }

  /** The track closes the picture. */
  async #write(picture: VideoFrame, drawn: () => void): Promise<void> {
    const size = this.#size;
    try {
      await this.#writer.write(picture);
    } catch {
      this.#state = 'broken';
      this.#keep(undefined);
      picture.close();
      return;
    }
    this.#show('video');
    if (this.#told !== size) {
      this.#told = size;
      this.#host.resized();
    }
    drawn();
  }

  #keep(picture: VideoFrame | undefined): void {
    this.#again?.close();
    this.#again = picture;
  }

  #show(on: Shown): void {
    if (this.#shown === on) return;
    this.#shown = on;
    this.#host.shown(on);
  }
}
