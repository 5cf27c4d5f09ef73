import type { Drawable } from './sink.ts';

/** Turns the bytes of one JPEG into something drawable. */
export type JpegDecode = (data: Uint8Array) => Promise<Drawable>;

/** Decodes bands of JPEG. Each stands alone, so of a band that comes faster than it decodes only the newest counts. */
export class Jpeg {
  readonly #decode: JpegDecode;
  readonly #decoded: (picture: Drawable, y: number, arrived: number) => void;
  readonly #bands = new Map<number, { waiting?: Job | undefined }>();
  #round = 0;

  constructor(decode: JpegDecode, decoded: (picture: Drawable, y: number, arrived: number) => void) {
    this.#decode = decode;
    this.#decoded = decoded;
  }

  /** Bands that are being decoded. */
  get queue(): number {
    return this.#bands.size;
  }

  decode(data: Uint8Array, y: number, arrived: number): void {
    const band = this.#bands.get(y);
    if (band) {
      band.waiting = { data, arrived };
      return;
    }
    this.#bands.set(y, {});
    void this.#run({ data, arrived }, y, this.#round);
  }

  /** What is being decoded is thrown away when it is done. */
  reset(): void {
    this.#round += 1;
    this.#bands.clear();
  }

  async #run(first: Job, y: number, round: number): Promise<void> {
    let job: Job | undefined = first;
    while (job) {
      const picture = await this.#decode(job.data).catch(() => undefined);
      if (round !== this.#round) {
        picture?.close();
        return;
      }
      // A broken band leaves the old one standing; the next change brings another.
      if (picture) {
        this.#decoded(picture, y, job.arrived);
        picture.close();
      }
      const band: { waiting?: Job | undefined } | undefined = this.#bands.get(y);
      job = band?.waiting;
      if (band) band.waiting = undefined;
    }
    this.#bands.delete(y);
  }
}

interface Job {
  data: Uint8Array;
  arrived: number;
}
