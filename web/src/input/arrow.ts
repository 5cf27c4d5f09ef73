import type { Point } from './host.ts';

/** A pointer as it looks on the desktop; `scale` is its pixels per CSS pixel. */
export interface Look {
  readonly image: string;
  readonly hotX: number;
  readonly hotY: number;
  readonly scale: number;
}

/** The pointer where no mouse of this device draws one: moved by a finger on the picture. */
export class Arrow {
  readonly #element = document.createElement('div');
  readonly #surface: HTMLElement;
  #look: Look | undefined;

  constructor(surface: HTMLElement) {
    this.#surface = surface;
    this.#element.className = 'arrow';
    this.#element.setAttribute('aria-hidden', 'true');
  }

  /** Shows it with its tip at a point of the surface; nothing takes it away. */
  at(point: Point | undefined): void {
    if (!point) {
      this.#element.remove();
      return;
    }
    this.#element.style.setProperty('transform', `translate(${point.x}px, ${point.y}px)`);
    if (!this.#element.isConnected) this.#surface.append(this.#element);
  }

  /** The desktop's own look; without one an arrow is drawn. */
  look(look: Look | undefined): void {
    this.#look = look;
    const image = document.createElement('img');
    if (look) {
      image.src = look.image;
      image.alt = '';
      image.addEventListener('load', () => this.#fit(image, look));
    }
    this.#element.replaceChildren(...(look ? [image] : []));
  }

  #fit(image: HTMLImageElement, look: Look): void {
    if (look !== this.#look) return;
    image.style.setProperty('width', `${image.naturalWidth / look.scale}px`);
    image.style.setProperty('translate', `${-look.hotX / look.scale}px ${-look.hotY / look.scale}px`);
  }
}
