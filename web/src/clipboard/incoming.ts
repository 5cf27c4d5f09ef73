import type { ClipMessage } from '../proto/messages.ts';
import type { Form } from './clip.ts';

/** What has come in: in forms, the best first; none when the clipboard is empty. */
export interface Arrival {
  readonly forms: readonly Form[];
  /** It was marked with the mouse, not copied. */
  readonly primary: boolean;
  /** It was asked for, and is no news. */
  readonly reply: boolean;
}

interface Transfer {
  readonly mime: string;
  readonly bytes: number;
  readonly parts: Uint8Array[];
  got: number;
  void: boolean;
}

/** Puts transfers together. Never more than one is under way, and none beyond its announced length. */
export class Incoming {
  readonly #largest: number;
  #left = 0;
  #forms: Form[] = [];
  #primary = false;
  #reply = false;
  #bytes = 0;
  #transfer: Transfer | undefined;

  constructor(largest: number) {
    this.#largest = largest;
  }

  /** The next message; what is whole with it. */
  heard(message: Exclude<ClipMessage, { type: 'clip_refused' }>): Arrival | undefined {
    switch (message.type) {
      case 'clip_reply':
        this.reset();
        this.#reply = true;
        return undefined;
      case 'clip_forms': {
        const reply = this.#reply && this.#left === 0;
        this.reset();
        this.#left = message.count;
        this.#primary = message.primary;
        this.#reply = reply;
        return undefined;
      }
      case 'clip_whole':
        this.#transfer = undefined;
        return this.#done(
          this.#fits(message.payload.length) ? { mime: message.mime, bytes: message.payload } : undefined,
        );
      case 'clip_start': {
        const { mime, bytes } = message;
        this.#transfer = { mime, bytes, parts: [], got: 0, void: !this.#fits(bytes) };
        return undefined;
      }
      case 'clip_part':
        this.#goOn(message.payload);
        return undefined;
      case 'clip_void':
        if (this.#transfer) giveUp(this.#transfer);
        return undefined;
      case 'clip_end':
        return this.#end();
    }
  }

  /** Forgets what has begun. */
  reset(): void {
    this.#left = this.#bytes = 0;
    this.#forms = [];
    this.#primary = this.#reply = false;
    this.#transfer = undefined;
  }

  #fits(bytes: number): boolean {
    return this.#bytes + bytes <= this.#largest;
  }

  #goOn(payload: Uint8Array): void {
    const transfer = this.#transfer;
    if (!transfer || transfer.void) return;
    transfer.got += payload.length;
    if (transfer.got > transfer.bytes) giveUp(transfer);
    else transfer.parts.push(payload);
  }

  #end(): Arrival | undefined {
    const transfer = this.#transfer;
    if (!transfer) return undefined;
    this.#transfer = undefined;
    const whole = !transfer.void && transfer.got === transfer.bytes;
    return this.#done(whole ? { mime: transfer.mime, bytes: joined(transfer) } : undefined);
  }

  /** A transfer has ended; without a form it came to nothing. */
  #done(form: Form | undefined): Arrival | undefined {
    // What nobody announced is a thing of its own.
    this.#left = Math.max(0, this.#left - 1);
    if (form) {
      this.#forms.push(form);
      this.#bytes += form.bytes.length;
    }
    if (this.#left > 0) return undefined;
    const arrival = { forms: this.#forms, primary: this.#primary, reply: this.#reply };
    this.reset();
    return arrival.forms.length > 0 ? arrival : undefined;
  }
}

function giveUp(transfer: Transfer): void {
  transfer.void = true;
  transfer.parts.length = 0;
}

function joined({ parts, bytes }: Transfer): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
