import type { ProposedValue } from '../../proto/messages.ts';
import type { Proposable, Row } from '../../settings/rules.ts';
import { entryOf, rowOf } from '../../settings/rules.ts';
import { h, icon, iconButton, setText } from '../dom.ts';
import type { FormRow, Scale } from '../rows.ts';
import { choice, fact, group, locked, replaceKeepingFocus, slider, toggle } from '../rows.ts';
import { words } from '../words.ts';
import type { Panel, PanelHost } from './panel.ts';

/** How one setting is called and what its ends are called. */
interface Look {
  readonly name: Proposable;
  readonly label: string;
  readonly help?: string;
  readonly scale?: (min: number, max: number) => Scale;
  /** Only while this kind of picture is sent. */
  readonly only?: Knobs;
  /** Menus have words of their own. */
  readonly options?: Readonly<Record<string, string>>;
}

/** What there is to turn: it differs with what is sent and what is held constant. */
type Knobs = 'h264' | 'crf' | 'cbr' | 'jpeg';

const better = (min: number, max: number, inverted: boolean): Scale => ({
  min,
  max,
  inverted,
  ends: [words.smaller, words.sharper],
  say: String,
});

const MAIN: readonly Look[] = [
  {
    name: 'framerate',
    label: words.framerate,
    scale: (min, max) => ({ min, max, ends: [String(min), String(max)], say: words.fps }),
  },
  // A smaller CRF is a better picture; the scale runs the way people think.
  { name: 'video_crf', label: words.quality, only: 'crf', scale: (min, max) => better(min, max, true) },
  {
    name: 'video_bitrate',
    label: words.dataRate,
    only: 'cbr',
    scale: (min, max) => ({
      min,
      max,
      logarithmic: true,
      ends: [words.smaller, words.sharper],
      say: (kbit) => words.rate(kbit * 1000),
    }),
  },
  { name: 'jpeg_quality', label: words.quality, only: 'jpeg', scale: (min, max) => better(min, max, false) },
  { name: 'use_paint_over_quality', label: words.exactWhenStill, help: words.exactWhenStillHelp },
  { name: 'video_fullcolor', label: words.fullColour, help: words.fullColourHelp, only: 'h264' },
];

const DETAILS: readonly Look[] = [
  { name: 'encoder', label: words.encoder, options: words.encoders },
  { name: 'rate_control_mode', label: words.rateControl, options: words.rateControls, only: 'h264' },
  { name: 'video_streaming_mode', label: words.everyFrame, help: words.everyFrameHelp },
  { name: 'use_cpu', label: words.software, only: 'h264' },
];

/** Quality, frame rate and what encodes. */
export function picturePanel({ client }: PanelHost): Panel {
  const body = h('div', { class: 'stack' });
  const reset = iconButton('reset', words.reset, () =>
    client.decide({ type: 'restore', names: [...MAIN, ...DETAILS].map(({ name }) => name) }),
  );
  const info = fact(words.encoding);
  const why = h('span', {});
  const note = h('div', { class: 'note', hidden: true }, icon('info'), why);
  let shape = '';
  let rows: { name: Proposable; set(row: Row): void }[] = [];

  const rowsNow = (looks: readonly Look[]): [Look, Row][] => {
    const { settings = {}, picks } = client.state;
    const knobs = knobsNow(client);
    const shown: [Look, Row][] = [];
    for (const look of looks) {
      const row = rowOf(settings, picks, look.name);
      if (row && (look.only === undefined || knobs.includes(look.only))) shown.push([look, row]);
    }
    return shown;
  };

  const build = (main: [Look, Row][], details: [Look, Row][]): void => {
    rows = [];
    const make = ([look, row]: [Look, Row]): HTMLElement => {
      const made = draw(look, row, (value) => client.decide({ type: 'pick', name: look.name, value }));
      rows.push({ name: look.name, set: made.set });
      return made.element;
    };
    const groups: HTMLElement[] = [];
    if (main.length > 0) groups.push(group(main.map(make)));
    groups.push(group([...details.map(make), info.element], main.length > 0 ? words.details : undefined));
    replaceKeepingFocus(body, [...groups, note]);
  };

  const update = (): void => {
    const main = rowsNow(MAIN);
    const details = rowsNow(DETAILS);
    const next = JSON.stringify([...main, ...details].map(([look, row]) => [look.name, { ...row, value: 0 }]));
    if (next !== shape) build(main, details);
    shape = next;
    for (const [look, row] of [...main, ...details]) rows.find(({ name }) => name === look.name)?.set(row);
    const { info: stream } = client.state;
    info.element.hidden = stream === undefined;
    info.set(stream?.encoder ?? '');
    note.hidden = stream?.fallback === undefined;
    setText(why, stream?.fallback ?? '');
    reset.hidden = Object.keys(client.state.picks).length === 0;
  };
  update();
  return { title: words.places.picture, body, actions: [reset], update };
}

/** What is on the wire: JPEG and H.264 have different knobs. */
export function knobsNow({ state }: PanelHost['client']): readonly Knobs[] {
  const { settings = {}, picks } = state;
  const value = (name: 'encoder' | 'rate_control_mode'): string | undefined => {
    const row = rowOf(settings, picks, name);
    if (row?.kind === 'choice') return row.value;
    const entry = entryOf(settings, name);
    return entry?.kind === 'choice' ? entry.value : undefined;
  };
  if (state.simple || value('encoder') === 'jpeg') return ['jpeg'];
  return ['h264', value('rate_control_mode') === 'cbr' ? 'cbr' : 'crf'];
}

function draw(
  look: Look,
  row: Row,
  change: (value: ProposedValue) => void,
): { element: HTMLElement; set(row: Row): void } {
  switch (row.kind) {
    case 'toggle':
      return onto(toggle(look.label, look.help, change), (now) => now.kind === 'toggle' && now.value);
    case 'slider': {
      const scale = look.scale?.(row.min, row.max) ?? {
        ...row,
        ends: [String(row.min), String(row.max)] as const,
        say: String,
      };
      return onto(slider(look.label, scale, change), (now) => (now.kind === 'slider' ? now.value : row.value));
    }
    case 'choice': {
      const options = row.allowed.map((value) => [value, look.options?.[value] ?? value] as const);
      return onto(choice(look.label, options, look.help, change), (now) =>
        now.kind === 'choice' ? now.value : row.value,
      );
    }
    case 'locked':
      return onto(locked(look.label, row.value ? words.on : words.off), (now) =>
        now.kind === 'locked' && now.value ? words.on : words.off,
      );
  }
}

function onto<T>(made: FormRow<T>, value: (row: Row) => T): { element: HTMLElement; set(row: Row): void } {
  return { element: made.element, set: (row) => made.set(value(row)) };
}
