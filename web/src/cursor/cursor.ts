import type { ClientMessage } from '../proto/messages.ts';
import type { Shape } from './shape.ts';
import { address, cursorValues, density } from './shape.ts';

/** The pointer as an image; `scale` is its pixels per CSS pixel. */
export interface Look {
  readonly image: string;
  readonly hotX: number;
  readonly hotY: number;
  readonly scale: number;
}

/** What the desktop's pointer needs of its client. */
export interface CursorHost {
  /** Over it the pointer looks as on the desktop. */
  readonly surface: HTMLElement;
  send(message: ClientMessage): void;
  /** Pixels of the stream per CSS pixel. */
  scale(): number;
  drives(): boolean;
  /** The desktop shall draw its pointer: the page has none whose place it knows. */
  wantsDrawn(): boolean;
  /** Another look, for a pointer that is no mouse's; nothing: the desktop has not said, or shows none. */
  look(look: Look | undefined): void;
}

/**
 * The pointer over the picture. For a person who drives it looks as on the desktop; it is nothing when the desktop
 * draws it. One who only looks on keeps the own.
 */
export class DesktopCursor {
  readonly #host: CursorHost;
  #shape: Shape | undefined;
  #shown = '';
  #looked: string | undefined;
  /** What this connection was asked for last. */
  #drawn = false;

  constructor(host: CursorHost) {
    this.#host = host;
  }

  /** A new connection: the server will say what the pointer looks like, and draws none. */
  begin(): void {
    this.#shape = undefined;
    this.#drawn = false;
    this.update();
  }

  set(shape: Shape): void {
    this.#shape = shape;
    this.update();
  }

  /** Something that matters here may have changed. */
  update(): void {
    const drives = this.#host.drives();
    const drawn = drives && this.#host.wantsDrawn();
    if (drives && drawn !== this.#drawn) {
      this.#drawn = drawn;
      this.#host.send({ type: 'draw_cursor', on: drawn });
    }
    const scale = this.#host.scale();
    this.#show(drives, drawn, scale);
    this.#look(scale);
  }

  #show(drives: boolean, drawn: boolean, scale: number): void {
    const own = !drives || (!this.#shape && !drawn);
    const values = own ? [] : drawn || !this.#shape ? ['none'] : cursorValues(this.#shape, scale);
    const last = values.at(-1) ?? '';
    if (last === this.#shown) return;
    this.#shown = last;
    const { style } = this.#host.surface;
    style.removeProperty('cursor');
    // What a browser does not understand leaves the one before.
    for (const value of values) style.setProperty('cursor', value);
  }

  #look(scale: number): void {
    const shape = this.#shape;
    const look = shape && shape.png !== '' ? lookOf(shape, scale) : undefined;
    const name = JSON.stringify(look);
    if (name === this.#looked) return;
    this.#looked = name;
    this.#host.look(look);
  }
}

function lookOf(shape: Shape, scale: number): Look {
  return { image: address(shape), hotX: shape.hotX, hotY: shape.hotY, scale: density(shape, scale) };
}
