import type { Drawable } from './sink.ts';

/** Turns the bytes of one JPEG into something drawable. */
export type JpegDecode = (data: Uint8Array) => Promise<Drawable>;

/** What decoding bands needs of the outside. */
export interface JpegHost {
  now(): number;
  readonly decode: JpegDecode;
  /** The picture is the receiver's to close. */
  decoded(picture: Drawable, y: number, arrived: number): void;
  /** The band of this picture was decoded at `when`, or a newer one replaced it. After `decoded`. */
  done(frame: number, when: number): void;
}

/** Decodes bands of JPEG. Each stands alone, so of a band that comes faster than it decodes only the newest counts. */
export class Jpeg {
  readonly #host: JpegHost;
  readonly #bands = new Map<number, { waiting?: Job | undefined }>();
  #round = 0;

  constructor(host: JpegHost) {
    this.#host = host;
  }

  /** Bands that are being decoded. */
  get queue(): number {
    return this.#bands.size;
  }

  decode(frame: number, data: Uint8Array, y: number, arrived: number): void {
    const band = this.#bands.get(y);
    const job = { frame, data, arrived };
    if (band) {
      if (band.waiting) this.#host.done(band.waiting.frame, this.#host.now());
      band.waiting = job;
      return;
    }
    this.#bands.set(y, {});
    void this.#run(job, y, this.#round);
  }

  /** What is being decoded is thrown away when it is done. */
  reset(): void {
    this.#round += 1;
    this.#bands.clear();
  }

  async #run(first: Job, y: number, round: number): Promise<void> {
    let job: Job | undefined = first;
    while (job) {
      const picture = await this.#host.decode(job.data).catch(() => undefined);
      const when = this.#host.now();
      if (round !== this.#round) {
        picture?.close();
        return;
      }
      // A broken band leaves the old one standing; the next change brings another.
      if (picture) {
        this.#host.decoded(picture, y, job.arrived);
      }
      this.#host.done(job.frame, when);
      const band: { waiting?: Job | undefined } | undefined = this.#bands.get(y);
      job = band?.waiting;
      if (band) band.waiting = undefined;
    }
    this.#bands.delete(y);
  }
}

interface Job {
  frame: number;
  data: Uint8Array;
  arrived: number;
}
