import type { PictureTrace } from '../proto/messages.ts';
import type { Offset } from './offset.ts';
import { ServerClock } from './offset.ts';
import type { Owner, Stage, Step } from './stages.ts';
import { INPUT_STAGES, STAGES, STEPS } from './stages.ts';
import type { Spread } from './window.ts';
import { Window } from './window.ts';

/** One input on its way to the picture that answered it. */
export interface Journey {
  /** The page's time of the event. */
  readonly happened: number;
  /** From then on until the picture was on its way to the screen. */
  readonly total: number;
  readonly stages: Readonly<Record<Stage, number>>;
}

/** Where the time goes, of the latest pictures and inputs. Milliseconds. */
export interface Report {
  /** What it is computed from. */
  readonly pictures: number;
  readonly inputs: number;
  readonly clock: Offset | undefined;
  readonly stages: Readonly<Partial<Record<Stage, Spread>>>;
  readonly steps: Readonly<Partial<Record<Step, Spread>>>;
  /** From the hand to the picture. */
  readonly total: Spread | undefined;
  /** The same without an input: from the change of the screen to the picture. */
  readonly picture: Spread | undefined;
  /** How the middle of `total`, or without inputs of `picture`, divides among the owners. */
  readonly owners: Readonly<Record<Owner, number>> | undefined;
  /** From change to picture within the latest second. */
  readonly latest: number | undefined;
  /** The latest inputs one by one, the oldest first. */
  readonly journeys: readonly Journey[];
}

/** Pictures under way at the same time; servers hold back long before. A power of two, so ids may wrap. */
const UNDER_WAY = 128;
/** Inputs whose answer may still come. */
const INPUTS = 256;
const ROWS = 300;
const JOURNEYS = 16;
/** Inputs count for this long at least, however many pictures come. */
const LATELY = 10_000;

const OWNERS = ['network', 'server', 'here'] as const satisfies readonly Owner[];
/** Columns after the stages: the whole, then each owner's part. */
const TOTAL = STAGES.length;
const OWNER_COLUMNS = OWNERS.map((_, index) => TOTAL + 1 + index);
const COLUMNS = TOTAL + 1 + OWNERS.length;

/**
 * Puts together what the server says of a picture with what happens to it here. Any part may be missing,
 * late or told twice; then the picture is not counted, or once.
 */
export class Tracer {
  readonly #pictures = new Window(ROWS, COLUMNS);
  readonly #inputs = new Window(ROWS, COLUMNS);
  readonly #row = new Float64Array(COLUMNS);
  readonly #times = new Float64Array(STAGES.length + 1);
  #clock = new ServerClock();
  #pinged = 0;

  readonly #inputId = new Float64Array(INPUTS).fill(-1);
  readonly #happened = new Float64Array(INPUTS);
  readonly #sent = new Float64Array(INPUTS);
  #nextInput = 0;

  readonly #frame = new Int32Array(UNDER_WAY).fill(-1);
  readonly #arrived = new Float64Array(UNDER_WAY);
  readonly #decoded = new Float64Array(UNDER_WAY);
  readonly #presented = new Float64Array(UNDER_WAY);
  readonly #settled = new Uint8Array(UNDER_WAY);
  readonly #traces: (PictureTrace | undefined)[] = new Array<PictureTrace | undefined>(UNDER_WAY).fill(undefined);

  get clock(): Offset | undefined {
    return this.#clock.best;
  }

  /** Pings that were sent on this link. */
  get pinged(): number {
    return this.#pinged;
  }

  /** A link begins: another server perhaps, with another clock. */
  linked(): void {
    this.#clock = new ServerClock();
    this.#pinged = 0;
    this.#inputId.fill(-1);
    this.restarted();
  }

  /** Pictures are counted anew, or those under way will not be seen. */
  restarted(): void {
    this.#frame.fill(-1);
    this.#traces.fill(undefined);
  }

  /** A ping leaves: the number it carries. */
  ping(now: number): number {
    this.#pinged += 1;
    return this.#clock.asked(now);
  }

  pong(number: number, serverMicros: number, now: number): void {
    this.#clock.answered(number, serverMicros, now);
  }

  /** An input that happened at `happened` is put into the socket: the id to send before it. */
  input(happened: number, now: number): number {
    const id = this.#nextInput;
    this.#nextInput = (id + 1) >>> 0;
    const slot = id % INPUTS;
    this.#inputId[slot] = id;
    this.#happened[slot] = Math.min(happened, now);
    this.#sent[slot] = now;
    return id;
  }

  /** A part of the picture is here. */
  arrived(frame: number, now: number): void {
    const slot = frame % UNDER_WAY;
    if (this.#frame[slot] !== frame) {
      this.#frame[slot] = frame;
      this.#traces[slot] = undefined;
      this.#decoded[slot] = 0;
    }
    this.#arrived[slot] = now;
    this.#settled[slot] = 0;
    this.#presented[slot] = 0;
  }

  /** A part of it is decoded, or was given up: a later one shows what was in it. */
  decoded(frame: number, now: number): void {
    const slot = frame % UNDER_WAY;
    if (this.#frame[slot] === frame) this.#decoded[slot] = now;
  }

  /** Every part of it has been decoded. */
  settled(frame: number): void {
    const slot = frame % UNDER_WAY;
    if (this.#frame[slot] !== frame) return;
    this.#settled[slot] = 1;
    this.#finish(slot);
  }

  /** What has been decoded until now is on its way to the screen. */
  presented(drawn: number, now: number): void {
    for (let slot = 0; slot < UNDER_WAY; slot += 1) {
      const decoded = this.#decoded[slot] ?? 0;
      if (this.#frame[slot] === -1 || decoded === 0 || decoded > drawn || this.#presented[slot] !== 0) continue;
      this.#presented[slot] = now;
      this.#finish(slot);
    }
  }

  /** The server's part. It comes after the picture. */
  traced(trace: PictureTrace): void {
    const slot = trace.frame % UNDER_WAY;
    if (this.#frame[slot] !== trace.frame) return;
    this.#traces[slot] = trace;
    this.#finish(slot);
  }

  /** `shift`: what turns a time of the page into one of ours. */
  report(now: number, shift = 0): Report {
    const pictures = this.#pictures;
    const inputs = this.#inputs;
    // Inputs of another time say nothing about what the pictures show: both cover about the same.
    const since = Math.min(pictures.oldest, pictures.newest - LATELY);
    const spread = (first: number, last = first): Spread | undefined =>
      first < INPUT_STAGES ? inputs.spread(first, last, since) : pictures.spread(first, last);
    const stages: Partial<Record<Stage, Spread>> = {};
    for (const [column, { name }] of STAGES.entries()) {
      const found = spread(column);
      if (found) stages[name] = found;
    }
    const steps: Partial<Record<Step, Spread>> = {};
    for (const step of STEPS) {
      const first = STAGES.findIndex(({ name }) => name === step.stages[0]);
      const found = spread(first, first + step.stages.length - 1);
      if (found) steps[step.name] = found;
    }
    const shares = inputs.shares(TOTAL, OWNER_COLUMNS, since) ?? pictures.shares(TOTAL, OWNER_COLUMNS);
    const [network = 0, server = 0, here = 0] = shares ?? [];
    return {
      pictures: pictures.size,
      inputs: inputs.sizeSince(since),
      clock: this.#clock.best,
      stages,
      steps,
      total: inputs.spread(TOTAL, TOTAL, since),
      picture: pictures.spread(TOTAL),
      owners: shares && { network, server, here },
      latest: pictures.spread(TOTAL, TOTAL, now - 1000)?.p50,
      journeys: inputs.latest(JOURNEYS).map(({ at, row }) => journey(at - shift, row)),
    };
  }

  /** Pictures and inputs that were counted, ever: whether a new report would say something new. */
  get counted(): number {
    return this.#pictures.total + this.#inputs.total;
  }

  #finish(slot: number): void {
    const trace = this.#traces[slot];
    const clock = this.#clock.best;
    const presented = this.#presented[slot] ?? 0;
    if (!trace || !clock || this.#settled[slot] !== 1 || presented === 0) return;
    this.#frame[slot] = -1;
    this.#traces[slot] = undefined;
    const times = this.#times;
    times[10] = this.#arrived[slot] ?? 0;
    times[11] = this.#decoded[slot] ?? 0;
    times[12] = presented;
    // What arrived had been sent: if the clocks say otherwise, they are wrong by that much at least.
    const late = Math.max(0, trace.taken / 1000 - clock.offset - (times[10] ?? 0));
    this.#serverTimes(trace, clock.offset + late);
    this.#count(this.#pictures, INPUT_STAGES);
    for (const { id, received, injected } of trace.answers) {
      const input = id % INPUTS;
      if (this.#inputId[input] !== id) continue;
      this.#inputId[input] = -1;
      const sent = this.#sent[input] ?? 0;
      const early = Math.max(0, sent - (received / 1000 - clock.offset - late));
      const offset = clock.offset + late - early;
      times[0] = this.#happened[input] ?? 0;
      times[1] = sent;
      times[2] = received / 1000 - offset;
      times[3] = injected / 1000 - offset;
      this.#serverTimes(trace, offset);
      this.#count(this.#inputs, 0);
    }
  }

  #serverTimes(trace: PictureTrace, offset: number): void {
    const times = this.#times;
    times[4] = trace.damaged / 1000 - offset;
    times[5] = trace.captured / 1000 - offset;
    times[6] = trace.encode_started / 1000 - offset;
    times[7] = trace.encoded / 1000 - offset;
    times[8] = trace.taken / 1000 - offset;
    times[9] = trace.sent / 1000 - offset;
  }

  /** Counts the stages between the times from `first` on. */
  #count(window: Window, first: number): void {
    const times = this.#times;
    const row = this.#row.fill(0);
    // A server may hear late that all is sent, and may say what it likes: no stage ends before it begins.
    for (let at = STAGES.length - 1; at > first; at -= 1) times[at] = Math.min(times[at] ?? 0, times[at + 1] ?? 0);
    for (let at = first + 1; at < STAGES.length; at += 1) times[at] = Math.max(times[at] ?? 0, times[at - 1] ?? 0);
    for (let column = first; column < STAGES.length; column += 1) {
      const span = Math.max(0, (times[column + 1] ?? 0) - (times[column] ?? 0));
      const owner = OWNERS.indexOf(STAGES[column]?.owner ?? 'here');
      row[column] = span;
      row[TOTAL] = (row[TOTAL] ?? 0) + span;
      row[TOTAL + 1 + owner] = (row[TOTAL + 1 + owner] ?? 0) + span;
    }
    window.add(this.#times[STAGES.length] ?? 0, row);
  }
}

function journey(presented: number, row: Float64Array): Journey {
  const total = row[TOTAL] ?? 0;
  const stages = Object.fromEntries(STAGES.map(({ name }, column) => [name, row[column] ?? 0]));
  return { happened: presented - total, total, stages: stages as Record<Stage, number> };
}
