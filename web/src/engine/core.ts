import { decodeBinary, decodeText } from '../proto/decode.ts';
import { encode } from '../proto/encode.ts';
import { CLIENT_VERB } from '../proto/generated.ts';
import type { ServerMessage, VideoFrameMessage } from '../proto/messages.ts';
import type { Transport, TransportEvents } from '../transport/transport.ts';
import { H264 } from '../video/h264.ts';
import type { JpegDecode } from '../video/jpeg.ts';
import { Jpeg } from '../video/jpeg.ts';
import type { Drawable, Sink } from '../video/sink.ts';
import { Acks } from './acks.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Tally } from './tally.ts';

/** What the core needs of its worker. */
export interface CoreHost {
  now(): number;
  post(message: FromWorker): void;
  connect(url: string, events: TransportEvents): Transport;
  sink(canvas: OffscreenCanvas, resized: (width: number, height: number) => void): Sink;
  jpeg: JpegDecode;
}

const KEYFRAME_PAUSE = 500;
const KEYFRAME_PAUSE_VIEWER = 1500;
/** A picture shorter on the screen than this is not worth its drawing when a newer one is on its way. */
const SHORTEST = 30;

/** The road of pictures from the socket to the canvas, and of text past it. */
export class Core {
  readonly #host: CoreHost;
  readonly #tally = new Tally();
  readonly #acks: Acks;
  readonly #h264: H264;
  readonly #jpeg: Jpeg;
  #sink: Sink | undefined;
  #transport: Transport | undefined;
  #link = 0;
  #viewer = false;
  #size: { width: number; height: number } | undefined;
  #awaited = false;
  #painted = false;
  /** When each band was drawn last. */
  readonly #drawnAt = new Map<number, number>();
  /** The picture whose bands are coming in, and when the first of them came. */
  #picture: { id: number; arrived: number } | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #seconds: ReturnType<typeof setInterval> | undefined;

  constructor(host: CoreHost) {
    this.#host = host;
    this.#acks = new Acks((id) => this.#transport?.send(encode({ type: 'frame_ack', id })));
    this.#jpeg = new Jpeg(host.jpeg, (picture, y, arrived) => this.#draw(picture, y, arrived));
    this.#h264 = new H264({
      now: () => host.now(),
      decoded: (frame, y, arrived) => this.#decoded(frame, y, arrived),
      keyframeNeeded: () => this.#askKeyframe(),
      unsupported: (codec) => host.post({ is: 'refused', link: this.#link, codec }),
    });
  }

  handle(message: ToWorker): void {
    switch (message.do) {
      case 'canvas':
        this.#sink = this.#host.sink(message.canvas, () => {
          this.#painted = false;
        });
        break;
      case 'open':
        this.#open(message.link, message.url, message.viewer);
        break;
      case 'send':
        if (message.text === CLIENT_VERB.startVideo) this.#awaited = true;
        this.#transport?.send(message.text);
        break;
      case 'close':
        this.#close();
        break;
    }
  }

  #open(link: number, url: string, viewer: boolean): void {
    this.#close();
    this.#link = link;
    this.#viewer = viewer;
    this.#awaited = true;
    this.#painted = false;
    this.#askedAt = Number.NEGATIVE_INFINITY;
    const { post } = this.#host;
    this.#transport = this.#host.connect(url, {
      opened: () => {
        this.#seconds = setInterval(() => this.#second(), 1000);
        post({ is: 'opened', link });
      },
      text: (text) => this.#text(text),
      binary: (bytes) => this.#binary(bytes),
      closed: (how) => {
        this.#close();
        post({ is: 'closed', link, ...how });
      },
    });
  }

  #close(): void {
    clearInterval(this.#seconds);
    this.#transport?.close();
    this.#transport = this.#seconds = undefined;
    this.#reset();
  }

  #reset(): void {
    this.#h264.reset();
    this.#jpeg.reset();
    this.#acks.reset();
    this.#drawnAt.clear();
    this.#picture = undefined;
  }

  #text(text: string): void {
    const decoded = decodeText(text);
    // What is not for this client, or not in form, changes nothing.
    if ('error' in decoded) return;
    this.#obey(decoded.message);
    this.#host.post({ is: 'message', link: this.#link, message: decoded.message });
  }

  #obey(message: ServerMessage): void {
    if (message.type === 'pipeline_resetting' && message.display === 'primary') {
      this.#reset();
      this.#awaited = true;
    }
    if (message.type === 'stream_resolution' && message.display === 'primary')
      this.#size = { width: message.width, height: message.height };
  }

  #binary(bytes: Uint8Array): void {
    this.#tally.received(bytes.length);
    const decoded = decodeBinary(bytes);
    if ('error' in decoded || decoded.message.type === 'keep_alive') return;
    if (this.#awaited) {
      this.#awaited = false;
      this.#host.post({ is: 'chunk', link: this.#link });
    }
    if (!this.#viewer) this.#acks.received(decoded.message.id);
    this.#decode(decoded.message);
  }

  #decode(message: Exclude<VideoFrameMessage, { type: 'keep_alive' }>): void {
    const { y, payload: data } = message;
    const arrived = this.#arrived(message.id);
    if (message.type === 'jpeg') {
      this.#jpeg.decode(data, y, arrived);
      return;
    }
    const { keyframe, width, height } = message;
    this.#contain(width, y + height);
    this.#h264.decode({ keyframe, y, width, height, data, arrived });
  }

  #arrived(id: number): number {
    if (this.#picture?.id !== id) this.#picture = { id, arrived: this.#host.now() };
    return this.#picture.arrived;
  }

  #decoded(frame: VideoFrame, y: number, arrived: number): void {
    const now = this.#host.now();
    const newer = this.#h264.queueAt(y) > 1;
    if (newer && now - (this.#drawnAt.get(y) ?? Number.NEGATIVE_INFINITY) < SHORTEST) this.#tally.skipped();
    else {
      this.#draw(frame, y, arrived);
      this.#drawnAt.set(y, now);
    }
    frame.close();
  }

  #draw(picture: Drawable, y: number, arrived: number): void {
    if (!this.#sink) return;
    const height = 'displayHeight' in picture ? picture.displayHeight : picture.height;
    const width = 'displayWidth' in picture ? picture.displayWidth : picture.width;
    this.#contain(width, y + height);
    const { width: whole = width, height: tall = height } = this.#size ?? {};
    const began = this.#host.now();
    this.#sink.resize(whole, tall);
    this.#sink.draw(picture, y);
    this.#tally.drawn(arrived, began, this.#host.now());
    if (this.#painted) return;
    this.#painted = true;
    this.#host.post({ is: 'painted', link: this.#link, width: whole, height: tall });
  }

  /** The announced size holds as long as what comes fits into it. */
  #contain(width: number, bottom: number): void {
    if (this.#size?.width === width && bottom <= this.#size.height) return;
    this.#size = { width, height: bottom };
  }

  #askKeyframe(): void {
    const now = this.#host.now();
    if (now - this.#askedAt < (this.#viewer ? KEYFRAME_PAUSE_VIEWER : KEYFRAME_PAUSE)) return;
    this.#askedAt = now;
    this.#transport?.send(encode({ type: 'request_keyframe' }));
  }

  #second(): void {
    this.#host.post({ is: 'stats', second: this.#tally.take(this.#h264.queue + this.#jpeg.queue) });
  }
}
