import { rowOf, shows } from '../settings/rules.ts';
import { h, icon, setText } from './dom.ts';
import { clipboardSummary } from './panels/clipboard.ts';
import { gamepadsSummary } from './panels/gamepads.ts';
import type { PanelHost, Place } from './panels/panel.ts';
import { knobsNow } from './panels/picture.ts';
import { soundSummary } from './panels/sound.ts';
import { roving } from './roving.ts';
import { scaleFor, spark } from './spark.ts';
import { blamed, verdictTitle, wholeOf } from './verdict.ts';
import { words } from './words.ts';

export interface HomeHost extends PanelHost {
  fullscreen(): void;
  gaming(): void;
  /** There is a full screen to go to. */
  canFullscreen(): boolean;
  showKeyboard(): void;
}

const PLACES: readonly { place: Place; icon: string; shown: string }[] = [
  { place: 'picture', icon: 'picture', shown: 'ui_sidebar_show_video_settings' },
  { place: 'screen', icon: 'screen', shown: 'ui_sidebar_show_screen_settings' },
  { place: 'sound', icon: 'sound', shown: 'ui_sidebar_show_audio_settings' },
  { place: 'clipboard', icon: 'clipboard', shown: 'ui_sidebar_show_clipboard' },
  { place: 'gamepads', icon: 'gamepad', shown: 'ui_sidebar_show_gamepads' },
  { place: 'keys', icon: 'keys', shown: 'ui_sidebar_show_soft_buttons' },
  { place: 'shortcuts', icon: 'bolt', shown: 'ui_sidebar_show_shortcuts' },
];

/** How it goes, what is switched here, and where the rest is. */
export function makeHome(host: HomeHost, tail: HTMLElement): { body: HTMLElement; update(): void } {
  const { client } = host;
  const pulse = makePulse(host);
  const quick = makeQuick(host);
  const tiles = h('div', { class: 'tiles' });
  const places = PLACES.map((entry) => {
    const sub = h('small', { class: 'clip num' });
    const label = h('b', { class: 'clip' }, words.places[entry.place]);
    const element = h(
      'button',
      { type: 'button', onclick: () => host.go(entry.place) },
      icon(entry.icon),
      h('span', { class: 'grow' }, label, sub),
    );
    return { ...entry, element, sub };
  });
  tiles.append(...places.map(({ element }) => element));
  roving(tiles, () => 2);
  const body = h('div', { class: 'stack' }, pulse.element, quick.element, tiles, tail);
  return {
    body,
    update() {
      pulse.update();
      quick.update();
      const { settings, role } = client.state;
      for (const { place, shown, element, sub } of places) {
        const plays = place === 'gamepads' && client.gamepads.allowed;
        const forViewers = plays || place === 'screen' || place === 'sound' || place === 'shortcuts';
        element.hidden = !shows(settings, shown) || (role === 'viewer' && !forViewers);
        setText(sub, summary(host, place));
      }
      tiles.hidden = places.every(({ element }) => element.hidden);
    },
  };
}

/** What a place holds now. */
function summary({ client }: PanelHost, place: Place): string {
  const { state } = client;
  if (place === 'keys') return words.keysSummary;
  if (place === 'sound') return soundSummary(client.audio);
  if (place === 'gamepads') return gamepadsSummary(client);
  if (place === 'clipboard') return clipboardSummary(client.clipboard);
  if (place === 'shortcuts') return words.shortcutsSummary;
  if (place === 'screen') return state.stream ? words.size(state.stream.width, state.stream.height) : '';
  const { settings = {}, picks } = state;
  const value = (name: 'video_crf' | 'jpeg_quality' | 'video_bitrate' | 'framerate'): number | undefined => {
    const row = rowOf(settings, picks, name);
    return row?.kind === 'slider' ? row.value : undefined;
  };
  const knobs = knobsNow(client);
  const quality = value(
    knobs.includes('jpeg') ? 'jpeg_quality' : knobs.includes('cbr') ? 'video_bitrate' : 'video_crf',
  );
  const parts: string[] = [];
  if (quality !== undefined) parts.push(knobs.includes('cbr') ? words.rate(quality * 1000) : words.qualityOf(quality));
  const rate = value('framerate');
  if (rate !== undefined) parts.push(words.fps(rate));
  return parts.length > 0 ? parts.join(', ') : (state.info?.encoder ?? '');
}

function makePulse(host: HomeHost): { element: HTMLElement; update(): void } {
  const { client } = host;
  const dot = h('i', { class: 'dot' });
  const title = h('span', {});
  const numbers = h('span', { class: 'cap num' });
  const graph = spark();
  const inside = [h('span', { class: 'grow' }, h('strong', {}, dot, title), numbers), graph.element];
  const button = h('button', { type: 'button', class: 'pulse', onclick: () => host.go('stats') }, ...inside);
  return {
    element: button,
    update() {
      const { history, state, trace } = client;
      const now = host.verdict();
      const owner = blamed(now);
      dot.className = state.paused ? 'dot dot--off' : owner ? 'dot dot--warn' : 'dot';
      setText(title, state.paused ? words.verdict.paused : verdictTitle(now));
      const whole = wholeOf(trace);
      const delay = whole === undefined ? [] : [words.ms(whole)];
      const last = history.at(-1);
      const rate = [words.fps(last?.frames ?? 0), words.rate((last?.bytes ?? 0) * 8)];
      const rest = now.kind === 'still' ? [words.verdict.still] : rate;
      setText(numbers, [...delay, ...rest].join(' · '));
      const samples = history.map((second) => second.frames);
      graph.draw(samples, scaleFor(samples, 30), owner !== undefined);
      button.disabled = !shows(state.settings, 'ui_sidebar_show_stats');
    },
  };
}

function makeQuick(host: HomeHost): { element: HTMLElement; update(): void } {
  const { client } = host;
  const tile = (label: string, run: () => void): HTMLButtonElement =>
    h('button', { type: 'button', onclick: run }, icon('pause'), h('span', {}, label));
  const setIcon = (button: HTMLButtonElement, name: string): void =>
    button.querySelector('use')?.setAttribute('href', `#i-${name}`);
  const { sound, microphone } = client.audio;
  // What cannot be turned on here is explained there.
  const hears = tile(words.switches.sound, () => (sound.lack ? host.go('sound') : sound.turn(!sound.on)));
  const speaks = tile(words.switches.microphone, () =>
    microphone.lack ? host.go('sound') : microphone.turn(microphone.state === 'off'),
  );
  const full = tile(words.switches.fullscreen, host.fullscreen);
  const pause = tile(words.switches.pause, () => client.decide({ type: 'pause', paused: !client.state.paused }));
  const gaming = tile(words.switches.gaming, host.gaming);
  setIcon(gaming, 'gaming');
  const keyboard = tile(words.switches.keyboard, host.showKeyboard);
  setIcon(keyboard, 'keyboard');
  const trackpad = tile(words.switches.trackpad, () => client.setTrackpad(!client.trackpad));
  setIcon(trackpad, 'trackpad');
  const touchpad = tile(words.switches.touchpad, () => host.showTouchpad(!host.touchpadShown()));
  setIcon(touchpad, 'gamepad');
  const all = [hears, speaks, full, gaming, pause, keyboard, trackpad, touchpad];
  const element = h('div', { class: 'quick' }, ...all);
  roving(element, () => 3);
  return {
    element,
    update() {
      const { settings, paused, role } = client.state;
      const loud = sound.on && sound.lack === undefined;
      setIcon(hears, loud ? 'sound' : 'sound-off');
      hears.setAttribute('aria-pressed', String(loud));
      hears.hidden = sound.lack === 'server';
      const records = microphone.state === 'on';
      setIcon(speaks, records ? 'mic' : 'mic-off');
      speaks.setAttribute('aria-pressed', String(records));
      speaks.hidden = microphone.lack === 'server' || microphone.lack === 'viewer';
      const isFull = document.fullscreenElement !== null;
      setIcon(full, isFull ? 'fullscreen-exit' : 'fullscreen');
      full.setAttribute('aria-pressed', String(isFull));
      pause.setAttribute('aria-pressed', String(paused));
      full.hidden = !host.canFullscreen() || !shows(settings, 'ui_sidebar_show_fullscreen');
      const touch = matchMedia('(pointer: coarse)').matches;
      const viewer = role === 'viewer';
      keyboard.hidden = !touch || viewer || !shows(settings, 'ui_sidebar_show_keyboard_button');
      touchpad.hidden = !touch || !client.gamepads.allowed || !shows(settings, 'ui_sidebar_show_gamepads');
      touchpad.setAttribute('aria-pressed', String(host.touchpadShown()));
      trackpad.hidden = !touch || viewer || !shows(settings, 'ui_sidebar_show_trackpad');
      trackpad.setAttribute('aria-pressed', String(client.trackpad));
      const mouse = matchMedia('(any-pointer: fine)').matches && 'requestPointerLock' in document.body;
      gaming.hidden = !mouse || viewer || full.hidden || !shows(settings, 'ui_sidebar_show_gaming_mode');
      gaming.setAttribute('aria-pressed', String(client.gaming));
      const count = all.filter((button) => !button.hidden).length;
      // Rows of equal length where there are more than fit into one.
      element.style.setProperty('--count', String(count > 4 ? 3 : count));
      element.hidden = !shows(settings, 'ui_show_core_buttons');
    },
  };
}
