import { encodeSpeech } from '../proto/encode.ts';
import type { AudioMessage } from '../proto/messages.ts';
import type { Transport } from '../transport/transport.ts';
import type { SoundOutlet } from './decoder.ts';
import { SoundDecoder } from './decoder.ts';
import { Voice } from './voice.ts';

/** What the page tells its worker about sound. */
export type ToSounds =
  /** Decodes sound for a player from now on, or for nobody. */
  | { do: 'hear'; outlet: SoundOutlet | undefined }
  /** Sends what a recorder of that rate puts into the port, or nothing any more. */
  | { do: 'speak'; from: { pieces: MessagePort; rate: number } | undefined };

/** What the worker tells its page about sound. */
export type FromSounds =
  /** Packets of sound begin to come; or none has come for a while. */
  | { is: 'sounds'; on: boolean }
  /** The microphone cannot be encoded. */
  | { is: 'speechless' };

/** What of the browser is needed. */
export interface SoundParts {
  readonly Decoder: typeof AudioDecoder | undefined;
  readonly Encoder: typeof AudioEncoder | undefined;
}

interface SoundsHost {
  now(): number;
  line(): Transport | undefined;
  post(message: FromSounds): void;
}

/** Both ways of sound through the worker: from the socket to a player, from a recorder to the socket. */
export class Sounds {
  readonly #decoder: SoundDecoder;
  readonly #voice: Voice;

  constructor({ Decoder, Encoder }: SoundParts, host: SoundsHost) {
    this.#decoder = new SoundDecoder({
      now: () => host.now(),
      Decoder,
      sounds: (on) => host.post({ is: 'sounds', on }),
    });
    this.#voice = new Voice({
      Encoder,
      backlog: () => host.line()?.buffered ?? 0,
      packet: (packet) => host.line()?.send(encodeSpeech(packet)),
      failed: () => host.post({ is: 'speechless' }),
    });
  }

  handle(message: ToSounds): void {
    if (message.do === 'hear') this.#decoder.outlet = message.outlet;
    else if (message.from) this.#voice.begin(message.from.pieces, message.from.rate);
    else this.#voice.end();
  }

  heard(message: AudioMessage): void {
    this.#decoder.packet(message);
  }

  /** A second has passed; the result is how long decoding took in it. */
  second(): number | undefined {
    this.#decoder.tick();
    return this.#decoder.take();
  }

  /** The connection is over: what was said last is not for the next one. */
  reset(): void {
    this.#decoder.reset();
    this.#voice.end();
  }
}
