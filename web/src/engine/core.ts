import type { SoundParts } from '../audio/sounds.ts';
import { Sounds } from '../audio/sounds.ts';
import { Exchange } from '../clipboard/exchange.ts';
import type { Pictures } from '../clipboard/pictures.ts';
import { decodeBinary, decodeText } from '../proto/decode.ts';
import { encode } from '../proto/encode.ts';
import { CLIENT_VERB } from '../proto/generated.ts';
import type { ClipMessage, ServerMessage, VideoFrameMessage } from '../proto/messages.ts';
import { Tracer } from '../trace/tracer.ts';
import type { Transport, TransportEvents } from '../transport/transport.ts';
import { H264 } from '../video/h264.ts';
import type { JpegDecode } from '../video/jpeg.ts';
import { Jpeg } from '../video/jpeg.ts';
import type { Drawable, Sink, SinkHost, Surface } from '../video/sink.ts';
import { Flight } from './flight.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { Moves } from './moves.ts';
import { Pings } from './pings.ts';
import { Tally } from './tally.ts';

/** What the core needs of its worker. */
export interface CoreHost {
  now(): number;
  /** `performance.timeOrigin` of the clock that {@link now} reads. */
  readonly origin: number;
  post(message: FromWorker): void;
  connect(url: string, events: TransportEvents): Transport;
  sink(surface: Surface, host: SinkHost): Sink;
  /** Calls back in a frame of the browser, with the time at which that frame began. */
  nextFrame(then: (began: number) => void): void;
  jpeg: JpegDecode;
  readonly pictures: Pictures;
  readonly audio: SoundParts;
}

const KEYFRAME_PAUSE = 500;
const KEYFRAME_PAUSE_VIEWER = 1500;
/** A picture shorter on the screen than this is not worth its drawing when a newer one is on its way. */
const SHORTEST = 30;
/** When the network is asked again whether it takes the pointer's movements. */
const SOON = 4;
/** After so long without a picture the desktop is at rest. */
const AT_REST = 2000;

/** The road of pictures from the socket to the canvas, and of text past it. */
export class Core {
  readonly #host: CoreHost;
  readonly #tally = new Tally();
  readonly #tracer = new Tracer();
  readonly #pings: Pings;
  readonly #flight: Flight;
  readonly #exchange: Exchange;
  readonly #moves: Moves;
  readonly #sounds: Sounds;
  readonly #h264: H264;
  readonly #jpeg: Jpeg;
  #sink: Sink | undefined;
  #transport: Transport | undefined;
  #link = 0;
  #viewer = false;
  #visible = true;
  #size: { width: number; height: number } | undefined;
  #awaited = false;
  #painted = false;
  /** What turns a time of the page into one of ours. */
  #shift = 0;
  /** When each band was drawn last. */
  readonly #drawnAt = new Map<number, number>();
  #lastDrawn = Number.NEGATIVE_INFINITY;
  /** The picture whose bands are coming in, and when the first of them came. */
  #picture: { id: number; arrived: number } | undefined;
  #framed = true;
  #reported = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #seconds: ReturnType<typeof setInterval> | undefined;

  constructor(host: CoreHost) {
    this.#host = host;
    const acknowledge = (id: number): void => this.#transport?.send(encode({ type: 'frame_ack', id }));
    this.#flight = new Flight({
      now: () => host.now(),
      settled: (frame) => {
        acknowledge(frame);
        this.#tracer.settled(frame);
      },
      repeat: acknowledge,
    });
    this.#pings = new Pings(() => {
      this.#transport?.send(encode({ type: 'ping', number: this.#tracer.ping(host.now()) }));
    });
    this.#exchange = new Exchange({
      pictures: host.pictures,
      line: () => this.#transport,
      after: (ms, run) => setTimeout(run, ms),
      arrived: (from) => host.post({ is: 'clip', link: this.#link, from }),
      gone: (id, fate) => host.post({ is: 'clip-gone', link: this.#link, id, fate }),
    });
    this.#moves = new Moves({
      buffered: () => this.#transport?.buffered ?? 0,
      send: (text) => this.#transport?.send(text),
      soon: (run) => {
        const timer = setTimeout(run, SOON);
        return () => clearTimeout(timer);
      },
    });
    this.#sounds = new Sounds(host.audio, {
      now: () => host.now(),
      line: () => this.#transport,
      post: (message) => host.post(message),
    });
    const done = (frame: number, when: number): void => {
      this.#tracer.decoded(frame, when);
      this.#flight.done(frame);
    };
    this.#jpeg = new Jpeg({
      now: () => host.now(),
      decode: host.jpeg,
      decoded: (picture, y, arrived) => this.#draw(picture, y, arrived),
      done,
    });
    this.#h264 = new H264({
      now: () => host.now(),
      decoded: (frame, y, arrived) => this.#decoded(frame, y, arrived),
      done,
      keyframeNeeded: () => this.#askKeyframe(),
      unsupported: (codec) => host.post({ is: 'refused', link: this.#link, codec }),
    });
  }

  handle(message: ToWorker): void {
    switch (message.do) {
      case 'surface':
        this.#shift = message.origin - this.#host.origin;
        this.#sink = this.#host.sink(message.surface, {
          now: () => this.#host.now(),
          resized: () => {
            this.#painted = false;
          },
          shown: (on) => this.#host.post({ is: 'shown', on }),
          play: (on) => this.#host.post({ is: 'play', on }),
        });
        break;
      case 'plays':
        this.#sink?.plays(message.does);
        break;
      case 'open':
        this.#open(message.link, message.url, message.viewer);
        break;
      case 'send':
        if (message.text === CLIENT_VERB.startVideo) this.#awaited = true;
        if (message.moves && message.happened === undefined) {
          this.#moves.move(message.text);
          break;
        }
        this.#moves.settle();
        if (message.happened !== undefined) this.#mark(message.happened + this.#shift);
        this.#transport?.send(message.text);
        // Nothing is asked before the page has said who it is.
        if (message.text.startsWith(CLIENT_VERB.ours)) this.#pings.began();
        break;
      case 'clip':
        void this.#exchange.give(message.id, message.clip, message);
        break;
      case 'hear':
      case 'speak':
        this.#sounds.handle(message);
        break;
      case 'visible':
        this.#visible = message.on;
        // What was drawn while nobody could see it says nothing about what a person sees.
        this.#tracer.restarted();
        if (message.on) this.#pings.again();
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
    this.#tracer.linked();
    this.#flight.linked();
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
    this.#pings.ended();
    this.#moves.reset();
    this.#exchange.reset();
    this.#sounds.reset();
    this.#reset();
  }

  #reset(): void {
    // Before the decoders: what they give up is not to be acknowledged under numbers that begin anew.
    this.#flight.reset();
    this.#tracer.restarted();
    this.#h264.reset();
    this.#jpeg.reset();
    this.#drawnAt.clear();
    this.#picture = undefined;
  }

  #text(text: string): void {
    const decoded = decodeText(text);
    // What is not for this client, or not in form, changes nothing.
    if ('error' in decoded) return;
    const { message } = decoded;
    if (message.type.startsWith('clip_')) {
      this.#exchange.heard(message as ClipMessage);
      if (message.type !== 'clip_refused') return;
    }
    switch (message.type) {
      case 'pong':
        this.#tracer.pong(message.echo, message.now, this.#host.now());
        this.#pings.answered();
        return;
      case 'trace':
        this.#flight.complete(message.frame);
        this.#tracer.traced(message);
        return;
      default:
        this.#obey(message);
        this.#host.post({ is: 'message', link: this.#link, message });
    }
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
    if (decoded.message.type === 'audio') return this.#sounds.heard(decoded.message);
    if (this.#awaited) {
      this.#awaited = false;
      this.#host.post({ is: 'chunk', link: this.#link });
    }
    this.#decode(decoded.message);
  }

  #decode(message: Exclude<VideoFrameMessage, { type: 'keep_alive' }>): void {
    const { id: frame, y, payload: data } = message;
    const arrived = this.#arrived(frame);
    if (message.type === 'jpeg') {
      this.#jpeg.decode(frame, data, y, arrived);
      return;
    }
    const { keyframe, width, height } = message;
    this.#contain(width, y + height);
    this.#h264.decode({ frame, keyframe, y, width, height, data, arrived });
  }

  #arrived(id: number): number {
    const now = this.#host.now();
    this.#flight.arrived(id);
    this.#tracer.arrived(id, now);
    if (this.#picture?.id !== id) this.#picture = { id, arrived: now };
    return this.#picture.arrived;
  }

  #decoded(frame: VideoFrame, y: number, arrived: number): void {
    const now = this.#host.now();
    const newer = this.#h264.queueAt(y) > 1;
    if (newer && now - (this.#drawnAt.get(y) ?? Number.NEGATIVE_INFINITY) < SHORTEST) {
      this.#tally.skipped();
      frame.close();
      return;
    }
    this.#draw(frame, y, arrived);
    this.#drawnAt.set(y, now);
  }

  #draw(picture: Drawable, y: number, arrived: number): void {
    if (!this.#sink) {
      picture.close();
      return;
    }
    const height = 'displayHeight' in picture ? picture.displayHeight : picture.height;
    const width = 'displayWidth' in picture ? picture.displayWidth : picture.width;
    this.#contain(width, y + height);
    const { width: whole = width, height: tall = height } = this.#size ?? {};
    const began = this.#host.now();
    const link = this.#link;
    this.#sink.resize(whole, tall);
    this.#sink.draw(picture, y, () => {
      this.#lastDrawn = this.#host.now();
      this.#tally.drawn(arrived, began, this.#lastDrawn);
      this.#follow();
      if (this.#painted || link !== this.#link) return;
      this.#painted = true;
      this.#host.post({ is: 'painted', link, width: whole, height: tall });
    });
  }

  /** Notes when what is drawn now goes to the compositor: once for all drawings until then. */
  #follow(): void {
    if (!this.#framed || !this.#visible) return;
    this.#framed = false;
    const drawn = this.#lastDrawn;
    const shown = (): void => {
      this.#framed = true;
      this.#tracer.presented(this.#lastDrawn, this.#host.now());
    };
    // A browser at rest calls back at once, for a frame that began earlier: the picture is in the one after it.
    this.#host.nextFrame((began) => (began < drawn ? this.#host.nextFrame(shown) : shown()));
  }

  /** The announced size holds as long as what comes fits into it. */
  #contain(width: number, bottom: number): void {
    if (this.#size?.width === width && bottom <= this.#size.height) return;
    this.#size = { width, height: bottom };
  }

  #mark(happened: number): void {
    if (this.#transport)
      this.#transport.send(encode({ type: 'mark_input', id: this.#tracer.input(happened, this.#host.now()) }));
  }

  #askKeyframe(): void {
    const now = this.#host.now();
    if (now - this.#askedAt < (this.#viewer ? KEYFRAME_PAUSE_VIEWER : KEYFRAME_PAUSE)) return;
    this.#askedAt = now;
    this.#transport?.send(encode({ type: 'request_keyframe' }));
  }

  #second(): void {
    if (this.#visible && this.#pings.second() === 'silent') this.#host.post({ is: 'silent', link: this.#link });
    if (this.#host.now() - this.#lastDrawn > AT_REST) this.#sink?.rest();
    const news = this.#tracer.counted !== this.#reported;
    this.#reported = this.#tracer.counted;
    const trace = news ? this.#tracer.report(this.#host.now(), this.#shift) : undefined;
    const queue = this.#h264.queue + this.#jpeg.queue;
    const way = this.#sink?.way ?? '';
    const sound = this.#sounds.second();
    this.#host.post({ is: 'stats', second: this.#tally.take({ queue, answers: this.#pings.work, way, trace, sound }) });
  }
}
