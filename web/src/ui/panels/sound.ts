import type { Audio } from '../../audio/audio.ts';
import type { Device } from '../../audio/devices.ts';
import { rowOf } from '../../settings/rules.ts';
import { button, h, icon, setText } from '../dom.ts';
import type { FormRow } from '../rows.ts';
import { choice, group, locked, replaceKeepingFocus, slider, toggle } from '../rows.ts';
import { words } from '../words.ts';
import type { Panel, PanelHost } from './panel.ts';

const text = words.sound;

/** How it is with the sound, in a few words. */
export function soundSummary({ sound, microphone }: Audio): string {
  if (microphone.state === 'on') return text.speaking;
  if (sound.lack) return text.none;
  if (!sound.on) return text.off;
  return sound.waits ? text.waiting : text.summary(words.percent(sound.volume));
}

/** What is heard of the desktop, what it hears, and how that goes. */
export function soundPanel(host: PanelHost): Panel {
  const { client } = host;
  const { sound, microphone } = client.audio;
  const body = h('div', { class: 'stack' });
  const on = toggle(words.switches.sound, undefined, (next) => sound.turn(next));
  const scale = { min: 0, max: 100, ends: [text.quiet, text.loud], say: words.percent } as const;
  const volume = slider(text.volume, scale, (next) => sound.setVolume(next));
  const speaks = toggle(words.switches.microphone, ' ', (next) => microphone.turn(next));
  const speaksHelp = speaks.element.querySelector('.row__help');
  const closed = locked(words.switches.microphone, words.off);
  const meter = makeMeter(client.audio);
  const echo = toggle(text.echo, text.echoHelp, (next) => microphone.clean('echo', next));
  const noise = toggle(text.noise, undefined, (next) => microphone.clean('noise', next));
  const state = h('p', { class: 'cap num' });
  let through: FormRow<string> | undefined;
  let from: FormRow<string> | undefined;
  let quality: FormRow<string> | undefined;
  let shape = '';

  const build = (): void => {
    const row = rowOf(client.state.settings ?? {}, client.state.picks, 'audio_bitrate');
    const rates = row?.kind === 'choice' && client.state.role === 'controller' ? row.allowed : [];
    const { speakers } = sound;
    const { devices } = microphone;
    const lacks = [sound.lack, microphone.lack];
    const next = JSON.stringify([lacks, sound.on, speakers, devices, rates, microphone.state]);
    if (next === shape) return;
    shape = next;
    through = speakers.length > 0 ? deviceRow(text.through, speakers, (id) => sound.playThrough(id)) : undefined;
    from = devices.length > 0 ? deviceRow(text.from, devices, (id) => microphone.recordFrom(id)) : undefined;
    const options = rates.map((value) => [value, words.rate(Number(value))] as const);
    quality = choice(text.quality, options, undefined, (value) =>
      client.decide({ type: 'pick', name: 'audio_bitrate', value }),
    );
    const hears = sound.on ? [on, volume, ...(through ? [through] : [])] : [on];
    const records = [speaks.element, ...(microphone.state === 'on' ? [meter.element] : [])];
    for (const device of [from, echo, noise]) if (device) records.push(device.element);
    replaceKeepingFocus(body, [
      sound.lack ? lackNote(sound.lack) : group(hears.map(({ element }) => element)),
      ...microphoneGroup(records),
      ...(rates.length > 0 && !sound.lack ? [group([quality.element], words.details)] : []),
      state,
    ]);
  };
  const microphoneGroup = (rows: readonly HTMLElement[]): HTMLElement[] => {
    const { lack } = microphone;
    if (lack === 'viewer' || (lack === 'insecure' && sound.lack === 'insecure')) return [];
    if (lack === 'server') return sound.lack === 'server' ? [] : [group([closed.element])];
    if (lack === 'browser') return [noteOf(words.switches.microphone, text.browserMicrophone)];
    return [group(rows)];
  };
  const update = (): void => {
    build();
    on.set(sound.on);
    volume.set(sound.volume);
    through?.set(sound.speaker);
    speaks.set(microphone.state !== 'off');
    from?.set(microphone.device);
    echo.set(microphone.echo);
    noise.set(microphone.noise);
    const row = rowOf(client.state.settings ?? {}, client.state.picks, 'audio_bitrate');
    if (row?.kind === 'choice') quality?.set(row.value);
    const { trouble } = microphone;
    const asking = microphone.state === 'asking' ? text.asking : text.microphoneHelp;
    if (speaksHelp) setText(speaksHelp, trouble ? text.trouble[trouble] : asking);
    speaksHelp?.classList.toggle('row__help--warn', trouble !== undefined);
    meter.run();
    const { delay } = sound;
    state.hidden = delay === undefined;
    setText(state, delay === undefined ? '' : text.state(words.ms(delay), words.plain(sound.gaps)));
  };
  client.audio.look();
  update();
  return { title: words.places.sound, body, actions: [], update };
}

function deviceRow(label: string, devices: readonly Device[], change: (id: string) => void): FormRow<string> {
  const named = devices.map(({ id, name }) => [id, name] as const);
  return choice(label, [['', text.system], ...named], undefined, change);
}

/** Why nothing is heard, and what helps. */
function lackNote(lack: NonNullable<Audio['sound']['lack']>): HTMLElement {
  const note = noteOf(words.switches.sound, text[lack]);
  if (lack !== 'insecure') return note;
  const secure = new URL(location.href);
  secure.protocol = 'https:';
  note.lastElementChild?.append(
    h(
      'div',
      {},
      button(words.insecure.action, 'btn--s', () => location.assign(secure.href)),
    ),
  );
  return note;
}

function noteOf(what: string, why: string): HTMLElement {
  return h(
    'div',
    { class: 'note note--warn' },
    h('span', {}, icon('warn')),
    h('div', {}, h('b', {}, `${what}.`), ' ', why),
  );
}

/** The microphone's level, drawn while it is on and looked at. */
function makeMeter({ microphone }: Audio): { element: HTMLElement; run(): void } {
  const bar = h('div', {
    class: 'level',
    role: 'meter',
    'aria-label': text.level,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
  });
  const element = h('div', { class: 'row' }, bar);
  let running = false;
  const draw = (): void => {
    running = element.isConnected && microphone.state === 'on';
    if (!running) return;
    const part = loudness(microphone.level);
    bar.style.setProperty('--v', `${part}%`);
    bar.setAttribute('aria-valuenow', String(part));
    requestAnimationFrame(draw);
  };
  return {
    element,
    run() {
      if (!running) draw();
    },
  };
}

/** A level as a part of 60 dB, in percent. */
export function loudness(level: number): number {
  return Math.round(Math.max(0, 100 + (100 * 20 * Math.log10(Math.max(level, 1e-6))) / 60));
}
