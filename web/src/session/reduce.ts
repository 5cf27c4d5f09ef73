import { CLOSE } from '../proto/generated.ts';
import type { ClientMessage, Proposal, ProposedValue, ServerMessage } from '../proto/messages.ts';
import type { Picks, Proposable } from '../settings/rules.ts';
import { entryOf, mayPick, validPicks } from '../settings/rules.ts';
import { retryDelay } from './reconnect.ts';
import type { Size } from './size.ts';
import { dpiFor, wantedSize } from './size.ts';
import type { Phase, Sizing, State } from './state.ts';
import { sizeIsFixed } from './state.ts';

/** A server with tokens says that this one is unknown, or has just been withdrawn. */
const BAD_TOKEN = 4001;
const REVOKED = 4002;

/** What happens to a session. */
export type Event =
  | { type: 'start' }
  | { type: 'tick' }
  | { type: 'opened' }
  | { type: 'closed'; code: number; reason: string; opened: boolean }
  | { type: 'probed'; verdict: 'unauthorised' | 'other' }
  | { type: 'message'; message: ServerMessage }
  /** The first video bytes since the link opened or video was started. */
  | { type: 'chunk' }
  | { type: 'painted'; size: Size }
  /** Nothing comes, and the server does not answer other questions either. */
  | { type: 'unreachable' }
  /** The server speaks another transport than this client. */
  | { type: 'other-mode' }
  /** This browser's decoder does not take the stream. */
  | { type: 'codec-refused' }
  | { type: 'window'; size: Size; ratio: number }
  | { type: 'hidden'; hidden: boolean }
  | { type: 'online' }
  | { type: 'pause'; paused: boolean }
  | { type: 'pick'; name: Proposable; value: ProposedValue }
  | { type: 'restore'; names: readonly Proposable[] }
  /** The person wants to hear the desktop, or no more. */
  | { type: 'listen'; on: boolean }
  | { type: 'sizing'; sizing: Sizing }
  | { type: 'every-pixel'; on: boolean }
  | { type: 'try-now' }
  | { type: 'take-back' }
  | { type: 'watch' }
  | { type: 'use-jpeg' }
  | { type: 'continue' }
  | { type: 'leave' };

/** What has to be done about it, in this order. */
export type Effect =
  | { do: 'open' }
  | { do: 'close' }
  | { do: 'probe' }
  | { do: 'reload' }
  | { do: 'store' }
  | { do: 'release-keys' }
  | { do: 'send'; message: ClientMessage };

export interface Step {
  state: State;
  effects: Effect[];
}

const OPENING_LIMIT = 10_000;
const RESIZE_PAUSE = 150;
const SETTINGS_PAUSE = 200;
const HIDE_PAUSE = 250;
const DUE_PAUSE = 3000;

/** The whole of the session's behaviour: no clock, no socket, no page. */
export function reduce(state: State, event: Event, now: number): Step {
  switch (event.type) {
    case 'start':
      return start(state, now);
    case 'tick':
      return tick(state, now);
    case 'opened':
      return opened(state, now);
    case 'closed':
      return closed(state, event, now);
    case 'probed':
      return probed(state, event.verdict, now);
    case 'message':
      return received(state, event.message, now);
    case 'chunk':
      return just({ ...state, due: undefined, desktop: state.desktop === 'lost' ? 'well' : state.desktop });
    case 'painted':
      return painted(state, event.size);
    case 'unreachable':
      return state.link.name === 'ready' ? giveUp(state, now) : just(state);
    case 'other-mode':
      return final(state, { name: 'unsupported', why: 'mode', jpeg: false });
    case 'codec-refused':
      return codecRefused(state, now);
    case 'window':
      return windowed(state, event.size, event.ratio, now);
    case 'hidden':
      return event.hidden ? just({ ...state, hidden: true, hideAt: now + HIDE_PAUSE }) : shown(state, now);
    case 'online':
      return state.retry.at === undefined ? just(state) : open(state, now);
    case 'pause':
      return paused(state, event.paused, now);
    case 'pick':
      return picked(state, event.name, event.value, now);
    case 'restore':
      return restored(state, event.names);
    case 'listen':
      return listening(state, event.on);
    case 'sizing':
      return resized({ ...state, sizing: event.sizing }, true);
    case 'every-pixel':
      return resized(resettled(state, { ...state, everyPixel: event.on }, now), true);
    case 'try-now':
      if (isFinal(state.phase)) return again(state, now);
      return state.link.name === 'none' ? open(state, now) : just(state);
    case 'take-back':
      return again({ ...state, role: 'controller' }, now);
    case 'watch':
      return again({ ...state, role: 'viewer' }, now);
    case 'use-jpeg':
      return again({ ...state, simple: true }, now);
    case 'continue':
      return just({ ...state, desktop: 'well' });
    case 'leave':
      return final(state, { name: 'left' });
  }
}

/** When the session wants a `tick`, if at all. */
export function wakeup(state: State): number | undefined {
  const limit =
    state.link.name === 'opening' || state.link.name === 'open' ? state.link.since + OPENING_LIMIT : undefined;
  const times = [state.retry.at, state.resizeAt, state.settingsAt, state.hideAt, state.due?.at, limit];
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** The size to ask for, as things are. */
export function requestedSize(state: State): Size | undefined {
  if (state.sizing.kind === 'fixed') return wantedSize(state.sizing.size);
  if (!state.window) return undefined;
  // On a dense screen text of the desktop's own size would be tiny; a page made smaller has pixels to spare.
  const per = state.everyPixel ? 1 : Math.max(1, state.ratio);
  return wantedSize({ width: state.window.width / per, height: state.window.height / per });
}

/** The content of `SETTINGS`: who we are, how large, and what was chosen here. */
export function proposal(state: State): Proposal {
  const size = requestedSize(state);
  const encoder = state.simple ? { encoder: 'jpeg' } : {};
  return {
    display: 'primary',
    ...(size ? { initialSize: [size.width, size.height] as const } : {}),
    manualResolution: false,
    audioRedundancy: false,
    values: { ...textSize(state), ...state.picks, ...encoder },
  };
}

/** The text size that fits the picture's, where the server has said that it leaves the choice. */
function textSize(state: State): { scaling_dpi?: number } {
  const value = state.everyPixel ? dpiFor(state.ratio) : 96;
  return state.settings && mayPick(entryOf(state.settings, 'scaling_dpi'), value) ? { scaling_dpi: value } : {};
}

/** Has the settings sent again when another text size fits now. */
function resettled(before: State, after: State, now: number): State {
  return textSize(before).scaling_dpi === textSize(after).scaling_dpi ? after : { ...after, settingsAt: now };
}

function start(state: State, now: number): Step {
  const { h264, jpeg, secure } = state.ability;
  if (h264) return open(state, now);
  const unsupported: Phase = { name: 'unsupported', why: secure ? 'codec' : 'insecure', jpeg };
  // Over plain http nothing better is to be had, so it is tried without a question.
  if (jpeg && !secure) return open({ ...state, simple: true }, now);
  return final(state, unsupported);
}

function open(state: State, now: number): Step {
  const next = { ...state, link: { name: 'opening', since: now }, retry: { ...state.retry, at: undefined } } as const;
  return { state: next, effects: [{ do: 'open' }] };
}

/** Starts over after a person's decision. */
function again(state: State, now: number): Step {
  const fresh: State = { ...state, phase: connecting(now), retry: { tries: 0, at: undefined }, paused: false };
  return open(fresh, now);
}

function opened(state: State, now: number): Step {
  if (state.link.name !== 'opening') return just(state);
  const effects: Effect[] = [
    send({ type: 'capabilities', desktopState: true, eachAck: true, trace: true, clips: true, rumble: true }),
  ];
  if (state.role === 'controller') effects.push(send({ type: 'settings', proposal: proposal(state) }));
  const phase = state.phase.name === 'connecting' ? ({ ...state.phase, step: 'enter' } as const) : state.phase;
  const link = { name: 'open', since: now } as const;
  const asked = state.role === 'controller' ? requestedSize(state) : undefined;
  return {
    state: { ...state, link, phase, asked, settingsSent: now, settingsAt: undefined, videoOff: false },
    effects,
  };
}

function closed(state: State, event: { code: number; reason: string; opened: boolean }, now: number): Step {
  if (state.link.name === 'none') return just(state);
  const gone = unlink(state);
  if (event.code === BAD_TOKEN) return just({ ...gone, phase: { name: 'refused' } });
  if (/superseded/i.test(event.reason)) return just({ ...gone, phase: { name: 'taken' } });
  if (event.code === CLOSE.shuttingDown.code) return retryLater({ ...gone, phase: { name: 'stopped' } }, now);
  if (event.code === REVOKED) return { state: gone, effects: [{ do: 'reload' }] };
  if (!event.opened) return { state: gone, effects: [{ do: 'probe' }] };
  return retryLater(gone, now);
}

function probed(state: State, verdict: 'unauthorised' | 'other', now: number): Step {
  if (state.link.name !== 'none' || isFinal(state.phase)) return just(state);
  if (verdict === 'unauthorised')
    return { state: { ...state, phase: { name: 'refused' } }, effects: [{ do: 'reload' }] };
  return retryLater(state, now);
}

function retryLater(state: State, now: number): Step {
  const { phase } = state;
  const next: Phase =
    phase.name === 'streaming'
      ? { name: 'lost', since: now }
      : phase.name === 'connecting'
        ? { ...phase, step: 'reach' }
        : phase;
  const at = now + retryDelay(state.retry.tries, phase.name === 'stopped');
  return just({ ...state, phase: next, retry: { tries: state.retry.tries + 1, at } });
}

function received(state: State, message: ServerMessage, now: number): Step {
  switch (message.type) {
    case 'mode':
      return entered(state, now);
    case 'settings':
      return published(state, message.settings, message.display, now);
    case 'stream_resolution':
      if (message.display !== 'primary') return just(state);
      return just({ ...state, stream: { width: message.width, height: message.height } });
    case 'kill': {
      // A page that took the desktop says so in the reason; every other verdict is shown as it is.
      const taken = /superseded|new .*client connected/i.test(message.reason);
      return final(state, taken ? { name: 'taken' } : { name: 'refused', reason: message.reason });
    }
    case 'reload':
      return { state, effects: [{ do: 'reload' }] };
    case 'audio_disabled':
      return just({ ...state, mute: true });
    case 'desktop_state':
      return just({ ...state, desktop: message.state, due: message.state === 'lost' ? undefined : state.due });
    case 'stream_info': {
      const { encoder, fallback } = message;
      return just({ ...state, info: fallback === undefined ? { encoder } : { encoder, fallback } });
    }
    default:
      return just(state);
  }
}

function entered(state: State, now: number): Step {
  const phase = state.phase.name === 'connecting' ? ({ ...state.phase, step: 'picture' } as const) : state.phase;
  const next: State = {
    ...state,
    phase,
    link: { name: 'ready' },
    paused: false,
    mute: false,
    hideAt: state.hidden ? now + HIDE_PAUSE : undefined,
    due: { ask: 'request_keyframe', at: now + DUE_PAUSE, left: 5 },
  };
  const effects: Effect[] =
    state.role === 'viewer' ? [send({ type: 'release_keys' }), send({ type: 'start_video' })] : [];
  if (state.listens) effects.push(send({ type: 'start_audio' }));
  return { state: next, effects };
}

function published(state: State, settings: Record<string, unknown>, display: string | undefined, now: number): Step {
  if (display !== undefined && display !== 'primary') return just(state);
  const picks = validPicks(state.picks, settings);
  // The text size could not be proposed before the server had said that it may be.
  const next = resettled(state, { ...state, settings, picks }, now);
  const encoder = entryOf(settings, 'encoder');
  if (state.simple && encoder?.kind === 'choice' && encoder.value !== 'jpeg' && !encoder.allowed.includes('jpeg'))
    return final(next, { name: 'unsupported', why: state.ability.secure ? 'codec' : 'insecure', jpeg: false });
  const changed = Object.keys(picks).length !== Object.keys(state.picks).length;
  const { state: sized, effects } = resized(next, true);
  return { state: sized, effects: changed ? [{ do: 'store' }, ...effects] : effects };
}

function painted(state: State, size: Size): Step {
  if (state.link.name === 'none' || isFinal(state.phase)) return just(state);
  return just({
    ...state,
    phase: { name: 'streaming' },
    stream: size,
    seenPicture: true,
    retry: { tries: 0, at: undefined },
  });
}

function codecRefused(state: State, now: number): Step {
  const unsupported: Phase = { name: 'unsupported', why: 'codec', jpeg: state.ability.jpeg };
  if (state.picks.video_fullcolor !== true) return final(state, unsupported);
  // Full colour is a profile that fewer decoders know: without it the picture comes.
  return {
    state: { ...state, picks: { ...state.picks, video_fullcolor: false }, settingsAt: now },
    effects: [{ do: 'store' }],
  };
}

function windowed(state: State, size: Size, ratio: number, now: number): Step {
  return just(resettled(state, { ...state, window: size, ratio, resizeAt: now + RESIZE_PAUSE }, now));
}

/** Asks for the size that is wanted; `anyway` also when the server was asked for it before. */
function resized(state: State, anyway: boolean): Step {
  const size = requestedSize(state);
  const next = { ...state, resizeAt: undefined };
  if (!size || state.role !== 'controller' || state.link.name !== 'ready' || !state.settings || sizeIsFixed(state))
    return just(next);
  if (!anyway && state.asked?.width === size.width && state.asked.height === size.height) return just(next);
  const effects = [send({ type: 'resize', width: size.width, height: size.height, display: 'primary' })];
  return { state: { ...next, asked: size }, effects };
}

function shown(state: State, now: number): Step {
  const next = { ...state, hidden: false, hideAt: undefined };
  return state.videoOff && !state.paused ? startVideo(next, now) : just(next);
}

function paused(state: State, wanted: boolean, now: number): Step {
  if (state.link.name !== 'ready' || wanted === state.paused) return just(state);
  return wanted ? stopVideo({ ...state, paused: true }) : startVideo({ ...state, paused: false }, now);
}

/** A page that is hidden or paused goes on listening: people do that in the background. */
function listening(state: State, on: boolean): Step {
  if (on === state.listens) return just(state);
  const next = { ...state, listens: on };
  if (state.link.name !== 'ready') return just(next);
  return { state: next, effects: [send({ type: on ? 'start_audio' : 'stop_audio' })] };
}

function startVideo(state: State, now: number): Step {
  if (state.link.name !== 'ready') return just({ ...state, videoOff: false });
  const due = { ask: 'start_video', at: now + DUE_PAUSE, left: 3 } as const;
  return { state: { ...state, videoOff: false, due }, effects: [send({ type: 'start_video' })] };
}

function stopVideo(state: State): Step {
  if (state.link.name !== 'ready' || state.videoOff) return just(state);
  return { state: { ...state, videoOff: true, due: undefined }, effects: [send({ type: 'stop_video' })] };
}

function picked(state: State, name: Proposable, value: ProposedValue, now: number): Step {
  if (!state.settings || !mayPick(entryOf(state.settings, name), value)) return just(state);
  const picks: Picks = { ...state.picks, [name]: value };
  // At most five a second while a slider moves; the last one always goes.
  const settingsAt = Math.max(now, state.settingsSent + SETTINGS_PAUSE);
  const simple = name === 'encoder' ? false : state.simple;
  return { state: { ...state, picks, simple, settingsAt }, effects: [{ do: 'store' }] };
}

function restored(state: State, names: readonly Proposable[]): Step {
  const picks: Partial<Record<Proposable, ProposedValue>> = { ...state.picks };
  const values: Record<string, ProposedValue> = {};
  for (const name of names) {
    if (picks[name] === undefined) continue;
    delete picks[name];
    const value = operatorsChoice(state, name);
    if (value !== undefined) values[name] = value;
  }
  const effects: Effect[] = [{ do: 'store' }];
  // Absent means "keep", so what the operator had is said once.
  if (Object.keys(values).length > 0 && state.link.name === 'ready' && state.role === 'controller')
    effects.push(send({ type: 'settings', proposal: { display: 'primary', values } }));
  return { state: { ...state, picks }, effects };
}

function operatorsChoice(state: State, name: Proposable): ProposedValue | undefined {
  const entry = state.settings && entryOf(state.settings, name);
  if (entry?.kind === 'toggle') return entry.value;
  if (entry?.kind === 'range') return entry.initial;
  return entry?.kind === 'choice' ? entry.allowed[0] : undefined;
}

function tick(state: State, now: number): Step {
  let step = just(state);
  const past = (time: number | undefined): boolean => time !== undefined && time <= now;
  const then = (next: (state: State) => Step): void => {
    const { state: after, effects } = next(step.state);
    step = { state: after, effects: [...step.effects, ...effects] };
  };
  if (past(state.retry.at)) then((s) => open(s, now));
  if (past(state.resizeAt)) then((s) => resized(s, false));
  if (past(state.settingsAt)) then((s) => sendSettings(s, now));
  if (past(state.hideAt)) then((s) => stopVideo({ ...s, hideAt: undefined }));
  if (past(state.due?.at)) then((s) => overdue(s, now));
  if ((state.link.name === 'opening' || state.link.name === 'open') && past(state.link.since + OPENING_LIMIT))
    then((s) => giveUp(s, now));
  return step;
}

function sendSettings(state: State, now: number): Step {
  const next = { ...state, settingsAt: undefined, settingsSent: now };
  if (state.role !== 'controller' || state.link.name !== 'ready') return just(next);
  return { state: next, effects: [send({ type: 'settings', proposal: proposal(state) })] };
}

function overdue(state: State, now: number): Step {
  const { due } = state;
  if (!due || state.link.name !== 'ready') return just({ ...state, due: undefined });
  if (due.left === 0) return giveUp(state, now);
  const next = { ...state, due: { ...due, at: now + DUE_PAUSE, left: due.left - 1 } };
  return { state: next, effects: [send({ type: due.ask })] };
}

/** The link exists and is of no use. */
function giveUp(state: State, now: number): Step {
  const { state: next, effects } = retryLater(unlink(state), now);
  return { state: next, effects: [{ do: 'close' }, ...effects] };
}

function final(state: State, phase: Phase): Step {
  const effects: Effect[] = state.link.name === 'none' ? [] : [{ do: 'close' }];
  return {
    state: { ...unlink(state), phase, retry: { tries: 0, at: undefined } },
    effects: [{ do: 'release-keys' }, ...effects],
  };
}

function unlink(state: State): State {
  return {
    ...state,
    link: { name: 'none' },
    due: undefined,
    hideAt: undefined,
    settingsAt: undefined,
    resizeAt: undefined,
    desktop: 'well',
    videoOff: false,
  };
}

function isFinal(phase: Phase): boolean {
  return phase.name === 'taken' || phase.name === 'refused' || phase.name === 'unsupported' || phase.name === 'left';
}

function connecting(now: number): Phase {
  return { name: 'connecting', step: 'reach', since: now };
}

function send(message: ClientMessage): Effect {
  return { do: 'send', message };
}

function just(state: State): Step {
  return { state, effects: [] };
}
