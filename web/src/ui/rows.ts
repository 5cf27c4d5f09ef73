import { h, icon, setText } from './dom.ts';
import { words } from './words.ts';

/** One line of a form. `set` shows another value without telling anybody. */
export interface FormRow<T> {
  readonly element: HTMLElement;
  set(value: T): void;
}

export function group(rows: readonly HTMLElement[], title?: string): HTMLElement {
  const list = h('div', { class: 'group' }, ...rows);
  return h('div', {}, title !== undefined && h('div', { class: 'lead' }, h('h3', {}, title)), list);
}

/** Puts other rows in place; who had the focus has it again, by its name. */
export function replaceKeepingFocus(body: HTMLElement, children: readonly HTMLElement[]): void {
  const focused = body.contains(document.activeElement) ? document.activeElement : null;
  const label = focused && labelOf(focused);
  body.replaceChildren(...children);
  if (!focused) return;
  const controls = [...body.querySelectorAll<HTMLElement>('input,select')];
  const same = controls.find((control) => labelOf(control) === label) ?? controls[0];
  (same ?? body.closest<HTMLElement>('.card'))?.focus({ preventScroll: true });
}

function labelOf(control: Element): string {
  return control.closest('.row')?.querySelector('.row__name')?.textContent ?? '';
}

function name(label: string): HTMLElement {
  return h('span', { class: 'row__name' }, label);
}

function help(text: string | undefined): HTMLElement | undefined {
  return text === undefined ? undefined : h('span', { class: 'row__help' }, text);
}

/** On or off; the whole row is the label. */
export function toggle(label: string, note: string | undefined, change: (on: boolean) => void): FormRow<boolean> {
  const input = h('input', {
    type: 'checkbox',
    role: 'switch',
    class: 'switch',
    onchange: () => change(input.checked),
  });
  return {
    element: h('label', { class: 'row' }, name(label), input, help(note)),
    set(on) {
      input.checked = on;
    },
  };
}

export interface Scale {
  readonly min: number;
  readonly max: number;
  /** Words or numbers at both ends. */
  readonly ends: readonly [string, string];
  /** The better end of the scale is the smaller number. */
  readonly inverted?: boolean;
  /** Each step multiplies rather than adds. */
  readonly logarithmic?: boolean;
  say(value: number): string;
}

/** A number in a range, sent while it moves; the caller sees to it that not too much is sent. */
export function slider(label: string, scale: Scale, change: (value: number) => void): FormRow<number> {
  const track = trackOf(scale);
  let shown = scale.min;
  const value = h('span', { class: 'row__val' });
  const input = h('input', {
    type: 'range',
    class: 'range',
    min: 0,
    max: track.steps,
    step: 1,
    'aria-label': label,
    oninput: () => {
      show(track.valueAt(input.valueAsNumber));
      change(shown);
    },
  });
  const show = (next: number): void => {
    shown = next;
    const step = track.stepOf(next);
    input.value = String(step);
    input.setAttribute('aria-valuetext', scale.say(next));
    input.style.setProperty('--v', `${(step / track.steps) * 100}%`);
    setText(value, scale.say(next));
  };
  const [low, high] = scale.ends;
  const ends = h('span', { class: 'ends', 'aria-hidden': 'true' }, h('span', {}, low), h('span', {}, high));
  return {
    element: h('label', { class: 'row' }, name(label), value, input, ends),
    set(next) {
      // A hand on the slider knows better than an echo of where it was.
      if (!input.matches(':active')) show(next);
    },
  };
}

/** Steps of a slider from left to right, and the values they stand for. */
export function trackOf({ min, max, inverted = false, logarithmic = false }: Omit<Scale, 'ends' | 'say'>): {
  steps: number;
  valueAt(step: number): number;
  stepOf(value: number): number;
} {
  if (logarithmic && min > 0) {
    const steps = 200;
    const span = Math.log(max / min);
    const round = (value: number): number => {
      const unit = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1);
      return Math.min(max, Math.max(min, Math.round(value / unit) * unit));
    };
    return {
      steps,
      valueAt: (step) => round(min * Math.exp((step / steps) * span)),
      stepOf: (value) => Math.round((Math.log(value / min) / span) * steps),
    };
  }
  return {
    steps: max - min,
    valueAt: (step) => (inverted ? max - step : min + step),
    stepOf: (value) => (inverted ? max - value : value - min),
  };
}

/** One of some; the browser's own menu, which phones and screen readers know. */
export function choice(
  label: string,
  options: readonly (readonly [value: string, label: string])[],
  note: string | undefined,
  change: (value: string) => void,
): FormRow<string> {
  const select = h(
    'select',
    { 'aria-label': label, onchange: () => change(select.value) },
    ...options.map(([value, text]) => h('option', { value }, text)),
  );
  const box = h('span', { class: 'sel' }, select, icon('updown', 'ic--s'));
  return {
    element: h('label', { class: 'row' }, name(label), box, help(note)),
    set(value) {
      select.value = value;
    },
  };
}

/** What somebody else decided: text, not a control. */
export function locked(label: string, value: string): FormRow<string> {
  const text = h('span', {}, value);
  const box = h('span', { class: 'row__val' }, text, icon('lock', 'ic--s'));
  return {
    element: h('div', { class: 'row row--locked' }, name(label), box, help(words.locked)),
    set: (next) => setText(text, next),
  };
}

/** A fact. */
export function fact(label: string, note?: string): FormRow<string> {
  const text = h('span', { class: 'row__val' });
  return {
    element: h('div', { class: 'row' }, name(label), text, help(note)),
    set: (next) => setText(text, next),
  };
}
