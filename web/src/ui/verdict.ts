import type { Second } from '../engine/messages.ts';
import type { Owner, Step } from '../trace/stages.ts';
import { ownerOf, STEPS } from '../trace/stages.ts';
import type { Report } from '../trace/tracer.ts';
import { words } from './words.ts';

/** How the stream does, in the order a person asks. */
export type Verdict =
  | { readonly kind: 'wait' | 'good' | 'still' }
  /** A step takes long, and longer than it has to: so many milliseconds of so many, for so many seconds. */
  | {
      readonly kind: 'step';
      readonly step: Step;
      readonly part: number;
      readonly whole: number;
      readonly since: number;
    }
  | { readonly kind: 'far'; readonly rtt: number }
  /** This device left pictures out in so many of the last seconds. */
  | { readonly kind: 'strained'; readonly seconds: number };

/** Judged over so many seconds, so that one hiccup is no verdict; a verdict holds as long. */
const SPAN = 5;
/** Seconds with a full decoder or pictures left out that make a device slow. */
const STRAINED = 3;
const FULL = 3;
const FAR = 150;
/** A step stands out above this part of the whole, and so far above its own calm value. */
const LARGE = 0.4;
const ABOVE_CALM = 12;
/** The calm value of a step is not known before so many samples. */
const KNOWN = 20;

/** Milliseconds from the hand to the picture, or from the change to the picture while nobody moved a hand. */
export function wholeOf(report: Report | undefined): number | undefined {
  return (report?.total ?? report?.picture)?.p50;
}

/** All steps one after the other, each as long as it is in the middle. */
function lengthOf(report: Report | undefined): number {
  return STEPS.reduce((sum, { name }) => sum + (report?.steps[name]?.p50 ?? 0), 0);
}

/** Whom a verdict blames. */
export function blamed(verdict: Verdict): Owner | undefined {
  switch (verdict.kind) {
    case 'step':
      return ownerOf(verdict.step);
    case 'far':
      return 'network';
    case 'strained':
      return 'here';
    default:
      return undefined;
  }
}

/** The verdict in three or four words. */
export function verdictTitle(now: Verdict): string {
  const owner = blamed(now);
  if (owner) return now.kind === 'step' && now.step === 'app' ? words.verdict.slow.app : words.verdict.slow[owner];
  return now.kind === 'wait' ? words.verdict.wait : words.verdict.good;
}

/** Judges second by second. */
export class Judge {
  readonly #calm = new Map<Step, number>();
  readonly #outstanding = new Map<Step, number>();
  #verdict: Verdict = { kind: 'wait' };
  #held = SPAN;

  get verdict(): Verdict {
    return this.#verdict;
  }

  /** Another second has passed: the last ones, newest last, and where the time went until now. */
  second(history: readonly Second[], report: Report | undefined): void {
    const fresh = (history.at(-1)?.trace ?? undefined) !== undefined;
    if (report && fresh) this.#learn(report);
    const next = this.#judge(history, report);
    this.#held += 1;
    // Numbers follow at once; another kind of verdict waits until this one was held long enough to be read.
    const calm = this.#verdict.kind === 'wait' || this.#verdict.kind === 'good' || this.#verdict.kind === 'still';
    if (!same(next, this.#verdict) && !calm && this.#held < SPAN) return;
    if (!same(next, this.#verdict)) this.#held = 0;
    this.#verdict = next;
  }

  #learn(report: Report): void {
    const whole = lengthOf(report);
    for (const { name, stages } of STEPS) {
      const now = report.steps[name]?.p50;
      const ofInput = stages.some((stage) => stage === 'input' || stage === 'inject' || stage === 'app');
      if (now === undefined || (ofInput ? report.inputs : report.pictures) < KNOWN) continue;
      const calm = Math.min(now, this.#calm.get(name) ?? now);
      this.#calm.set(name, calm);
      const outstanding = now > LARGE * whole && now > calm + ABOVE_CALM;
      this.#outstanding.set(name, outstanding ? (this.#outstanding.get(name) ?? 0) + 1 : 0);
    }
  }

  #judge(history: readonly Second[], report: Report | undefined): Verdict {
    if (history.length === 0) return { kind: 'wait' };
    const span = history.slice(-SPAN);
    const moving = span.some((second) => second.frames > 0);
    const seconds = span.filter((second) => second.skipped > 0 || second.queue > FULL).length;
    if (seconds >= STRAINED) return { kind: 'strained', seconds };
    const whole = lengthOf(report);
    let worst: Verdict | undefined;
    let part = 0;
    for (const [step, since] of moving ? this.#outstanding : []) {
      const takes = report?.steps[step]?.p50 ?? 0;
      if (since < SPAN || takes <= part) continue;
      part = takes;
      worst = { kind: 'step', step, part, whole, since };
    }
    if (worst) return worst;
    const rtt = report?.clock?.rtt ?? 0;
    if (rtt > FAR) return { kind: 'far', rtt };
    return { kind: (span.at(-1)?.frames ?? 0) > 0 ? 'good' : 'still' };
  }
}

function same(a: Verdict, b: Verdict): boolean {
  return a.kind === b.kind && (a.kind !== 'step' || b.kind !== 'step' || a.step === b.step);
}
