import { Arrow } from '../input/arrow.ts';
import type { Point } from '../input/host.ts';
import type { Scope } from '../scope.ts';
import type { Placement } from '../session/size.ts';
import { deviceSize, panFor, place, toStream } from '../session/size.ts';
import type { Shown } from '../video/sink.ts';

/** What the stage needs of its client. */
export interface StageHost {
  /** Filled by the stage. */
  readonly container: HTMLElement;
  /** The size of the pictures, once it is known. */
  stream(): { readonly width: number; readonly height: number } | undefined;
  /** It has another size, in pixels of the screen. */
  resized(size: { width: number; height: number }, ratio: number): void;
  /** How far from the top of the picture the person types. */
  anchor(): number;
}

/** The elements a desktop is shown in, and where the picture lies in them. */
export class Stage {
  readonly picture = document.createElement('div');
  readonly canvas = document.createElement('canvas');
  readonly video = document.createElement('video');
  /** Has the focus while the desktop has the keyboard. */
  readonly field = document.createElement('textarea');
  readonly arrow = new Arrow(this.picture);
  readonly #host: StageHost;
  #placement: Placement | undefined;
  #device = { width: 0, height: 0, ratio: 1 };
  /** The part of the page above this line is not covered by a keyboard on the screen. */
  #uncovered: number | undefined;
  #panned = 0;

  constructor(scope: Scope, host: StageHost) {
    this.#host = host;
    this.picture.className = 'picture';
    for (const screen of [this.canvas, this.video]) {
      screen.className = 'screen';
      screen.setAttribute('role', 'application');
    }
    this.video.muted = this.video.playsInline = true;
    this.video.disablePictureInPicture = this.video.disableRemotePlayback = true;
    this.shows('canvas');
    this.#prepareField();
    this.picture.append(this.canvas, this.video, this.field);
    host.container.prepend(this.picture);
    scope.add(() => this.picture.remove());
  }

  /** Where the picture lies in the container. */
  get placement(): Placement | undefined {
    return this.#placement;
  }

  /** Pixels of the stream per CSS pixel. */
  get scale(): number {
    const stream = this.#host.stream();
    return stream && this.#placement ? stream.width / this.#placement.width : 1;
  }

  /** The picture on the page. */
  get bounds(): { left: number; top: number; width: number; height: number } {
    const { left, top } = this.picture.getBoundingClientRect();
    const { left: x, top: y, width, height } = this.#placement ?? { left: 0, top: 0, width: 1, height: 1 };
    return { left: left + x, top: top + y, width, height };
  }

  /** The one element that shows the picture is `#screen`. */
  shows(on: Shown): void {
    const [now, other] = on === 'video' ? [this.video, this.canvas] : [this.canvas, this.video];
    for (const name of ['aria-label', 'aria-description']) {
      const text = other.getAttribute(name);
      if (text !== null) now.setAttribute(name, text);
    }
    other.removeAttribute('id');
    now.id = 'screen';
    other.hidden = true;
    now.hidden = false;
  }

  /** Calls back with the size now and whenever it changes. */
  watch(scope: Scope): void {
    const observer = new ResizeObserver(([entry]) => {
      const box = entry?.devicePixelContentBoxSize?.[0];
      this.#resized(box && { width: box.inlineSize, height: box.blockSize });
    });
    try {
      observer.observe(this.picture, { box: 'device-pixel-content-box' });
    } catch {
      observer.observe(this.picture);
    }
    scope.add(() => observer.disconnect());
    scope.listen(window, 'resize', () => {
      if (devicePixelRatio !== this.#device.ratio) this.#resized(undefined);
    });
    this.#resized(undefined);
  }

  /** Shows or hides the on-screen keyboard of a touch device, once the field is given the focus. */
  showKeyboard(on: boolean): void {
    // Only a field that gains the focus anew makes the system show its keyboard.
    this.field.blur();
    this.field.inputMode = on ? 'text' : 'none';
  }

  layout(): void {
    const stream = this.#host.stream();
    if (!stream || this.#device.width === 0) return;
    const at = place(this.#device, stream);
    this.#placement = at;
    this.video.width = stream.width;
    this.video.height = stream.height;
    for (const { style, classList } of [this.canvas, this.video]) {
      for (const side of ['left', 'top', 'width', 'height'] as const) style.setProperty(side, `${at[side]}px`);
      classList.toggle('screen--whole', at.whole || at.exact);
    }
  }

  /** A point of the page as one of the stream. */
  toStream(x: number, y: number): Point {
    const stream = this.#host.stream();
    if (!stream || !this.#placement) return { x: 0, y: 0 };
    const { left, top } = this.picture.getBoundingClientRect();
    return toStream(x - left, y - top, this.#placement, stream);
  }

  /** Draws the pointer at a point of the picture, or nowhere. */
  pointAt(at: Point | undefined): void {
    const { left, top } = this.#placement ?? { left: 0, top: 0 };
    this.arrow.at(at && { x: left + at.x, y: top + at.y });
  }

  /** Something covers the page below this line. */
  uncovered(above: number | undefined): void {
    this.#uncovered = above;
    this.pan();
  }

  /** Moves the picture up as far as the place where the person types needs it. */
  pan(): void {
    const { top, bottom } = this.picture.getBoundingClientRect();
    const line = this.#uncovered;
    const by = line === undefined ? 0 : panFor(this.#host.anchor(), bottom - top, line - (top + this.#panned));
    if (by === this.#panned) return;
    this.#panned = by;
    this.picture.style.setProperty('transform', by === 0 ? '' : `translateY(${-by}px)`);
  }

  #prepareField(): void {
    this.field.className = 'typing';
    this.field.setAttribute('aria-hidden', 'true');
    this.field.tabIndex = -1;
    this.field.autocomplete = 'off';
    this.field.spellcheck = false;
    this.field.setAttribute('autocorrect', 'off');
    this.field.setAttribute('autocapitalize', 'off');
    // Without it a tap on the picture would bring up the keyboard of a phone.
    this.field.inputMode = matchMedia('(pointer: coarse)').matches ? 'none' : 'text';
  }

  #resized(device: { width: number; height: number } | undefined): void {
    const ratio = devicePixelRatio;
    const { clientWidth, clientHeight } = this.picture;
    const counted = deviceSize(clientWidth, clientHeight, ratio);
    // A browser that emulates another screen tells its own pixels instead: then counting is right.
    const told = device && Math.abs(device.width - counted.width) <= 2 && Math.abs(device.height - counted.height) <= 2;
    const { width, height } = told ? device : counted;
    if (width === 0 || height === 0) return;
    if (width === this.#device.width && height === this.#device.height && ratio === this.#device.ratio) return;
    this.#device = { width, height, ratio };
    this.layout();
    this.#host.resized({ width, height }, ratio);
  }
}
