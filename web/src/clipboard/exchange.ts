import { PLAIN } from '../proto/encode.ts';
import type { ClipMessage } from '../proto/messages.ts';
import type { Clip, Form } from './clip.ts';
import { isEmpty, isKnown, LARGEST, plainLines } from './clip.ts';
import type { Arrival } from './incoming.ts';
import { Incoming } from './incoming.ts';
import type { OutgoingHost } from './outgoing.ts';
import { Outgoing } from './outgoing.ts';
import type { Pictures } from './pictures.ts';
import { PNG } from './pictures.ts';

/** What became of something that was to go to the desktop. */
export type Fate =
  | 'sent'
  /** The desktop has it already. */
  | 'known'
  /** Something newer came, or the connection went. */
  | 'dropped'
  | 'too_large';

/** What came from the desktop. An empty clip: nothing is copied there. */
export interface FromDesktop {
  readonly clip: Clip;
  /** It was marked with the mouse, not copied. */
  readonly primary: boolean;
  /** It was asked for, and is no news. */
  readonly reply: boolean;
}

export interface ExchangeHost extends OutgoingHost {
  readonly pictures: Pictures;
  arrived(from: FromDesktop): void;
  gone(id: number, fate: Fate): void;
}

const HTML = 'text/html';

/** The worker's half of the clipboard: bytes in and out, and what both sides have. */
export class Exchange {
  readonly #host: ExchangeHost;
  readonly #incoming = new Incoming(LARGEST);
  readonly #outgoing: Outgoing;
  /** What was sent or received last. */
  #known: Clip = {};
  /** What is on its way, and for whom. */
  #sending: { clip: Clip; ids: number[] } | undefined;
  /** Count what was given and heard: what takes time may be overtaken. */
  #given = 0;
  #heard = 0;

  constructor(host: ExchangeHost) {
    this.#host = host;
    this.#outgoing = new Outgoing(host);
  }

  /** Sends it, unless the desktop has it. `part`: bytes of one message, `largest`: of one form. */
  async give(id: number, clip: Clip, limits: { part: number; largest: number }): Promise<void> {
    try {
      await this.#give(id, clip, limits);
    } catch {
      // A file that was copied may be gone, or another one by now. A key waits for the answer.
      this.#host.gone(id, 'dropped');
    }
  }

  async #give(id: number, clip: Clip, { part, largest }: { part: number; largest: number }): Promise<void> {
    this.#given += 1;
    const turn = this.#given;
    const now: Clip = clip.text === undefined ? clip : { ...clip, text: plainLines(clip.text) };
    const sending = this.#sending;
    // Who asks for the same again waits for the same.
    if (sending && (await this.#covers(sending.clip, now)) && this.#sending === sending) {
      sending.ids.push(id);
      return;
    }
    if (!this.#sending && (await this.#covers(this.#known, now))) return this.#host.gone(id, 'known');
    const forms = await this.#formsOf(now);
    if (turn !== this.#given) return this.#host.gone(id, 'dropped');
    const fitting = fit(forms, largest);
    if (fitting.length === 0) return this.#host.gone(id, isEmpty(now) ? 'dropped' : 'too_large');
    this.#outgoing.stop();
    const ids = [id];
    this.#sending = { clip: now, ids };
    this.#outgoing.give(fitting, part, (sent) => {
      this.#sending = undefined;
      if (sent) this.#known = now;
      for (const id of ids) this.#host.gone(id, sent ? 'sent' : 'dropped');
    });
  }

  heard(message: ClipMessage): void {
    if (message.type === 'clip_refused') {
      this.#known = {};
      return;
    }
    const arrival = this.#incoming.heard(message);
    if (arrival) void this.#arrived(arrival);
  }

  /** The connection is another one. */
  reset(): void {
    this.#given += 1;
    this.#heard += 1;
    this.#known = {};
    this.#incoming.reset();
    this.#outgoing.stop();
  }

  async #covers(known: Clip, now: Clip): Promise<boolean> {
    const compare = now.text === undefined && now.image && known.image;
    const same = compare ? await this.#host.pictures.same(now.image, known.image) : false;
    return isKnown(now, known, same);
  }

  async #formsOf({ text, html, image }: Clip): Promise<Form[]> {
    const encoder = new TextEncoder();
    const forms: Form[] = [];
    if (html !== undefined) forms.push({ mime: HTML, bytes: encoder.encode(html) });
    if (text !== undefined) forms.push({ mime: PLAIN, bytes: encoder.encode(text) });
    const bytes = image && new Uint8Array(await image.arrayBuffer());
    const png = bytes && image.type !== PNG ? await this.#host.pictures.toPng(bytes, image.type) : undefined;
    if (png) forms.push({ mime: PNG, bytes: new Uint8Array(await png.arrayBuffer()) });
    else if (bytes && image.type === PNG) forms.push({ mime: PNG, bytes });
    return forms;
  }

  async #arrived({ forms, primary, reply }: Arrival): Promise<void> {
    if (!primary) this.#heard += 1;
    const turn = this.#heard;
    const textOf = (mime: string): string | undefined => {
      const form = forms.find((form) => form.mime === mime);
      return form && decode(form.bytes);
    };
    const [text, html] = [textOf(PLAIN), textOf(HTML)];
    const picture = forms.find(({ mime }) => mime.startsWith('image/'));
    const image = picture && (await this.#host.pictures.toPng(picture.bytes, picture.mime));
    if (turn !== this.#heard) return;
    const clip: Clip = { ...(text ? { text } : {}), ...(html ? { html } : {}), ...(image ? { image } : {}) };
    if (!primary) this.#known = clip;
    this.#host.arrived({ clip, primary, reply });
  }
}

/** The forms that may travel together; the best come first, and plain text before all. */
function fit(forms: readonly Form[], largest: number): Form[] {
  const [text] = forms.filter(({ mime }) => mime === PLAIN);
  let room = LARGEST;
  const taken = new Set<Form>();
  for (const form of text ? [text, ...forms] : forms) {
    if (taken.has(form) || form.bytes.length > Math.min(room, largest)) continue;
    room -= form.bytes.length;
    taken.add(form);
  }
  return forms.filter((form) => taken.has(form));
}

/** Some programs of X11 give HTML in UTF-16, and begin it with the mark that says so. */
function decode(bytes: Uint8Array): string {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(wide ? 'utf-16le' : 'utf-8').decode(bytes);
}
