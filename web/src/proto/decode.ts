import { fromBase64 } from './base64.ts';
import { PLAIN } from './encode.ts';
import { HEADER_BYTES, KIND, LIMIT, SERVER_VERB } from './generated.ts';
import type { AudioMessage, ClipRefusal, Decoded, DecodeError, ServerMessage, VideoFrameMessage } from './messages.ts';

/** Second byte of an H.264 frame: what kind of picture it is. */
const H264_DELTA = 0x00;
const H264_KEYFRAME = 0x01;
const H264_INTRA = 0x02;

/** Reads a text frame of the server. */
export function decodeText(text: string): Decoded<ServerMessage> {
  if (text.startsWith('{')) return decodeJson(text);
  const cut = text.search(/[ ,]/);
  const verb = cut < 0 ? text : text.slice(0, cut);
  return VERBS.get(verb)?.(cut < 0 ? undefined : text.slice(cut + 1)) ?? UNKNOWN;
}

/** Reads a binary frame of the server. */
export function decodeBinary(bytes: Uint8Array): Decoded<VideoFrameMessage | AudioMessage> {
  const kind = bytes[0];
  if (kind === undefined) return { error: 'empty' };
  if (kind === KIND.audio) return decodeAudio(bytes);
  if (kind === KIND.jpeg) return decodeJpeg(bytes);
  if (kind === KIND.h264) return decodeH264(bytes);
  return { error: 'unknown_kind' };
}

function decodeJpeg(bytes: Uint8Array): Decoded<VideoFrameMessage> {
  // One byte alone says that the server lives while nothing on the screen moves.
  if (bytes.length === 1) return { message: { type: 'keep_alive' } };
  if (bytes.length <= HEADER_BYTES.jpeg || bytes[1] !== 0) return MALFORMED;
  return { message: { type: 'jpeg', id: u16(bytes, 2), y: u16(bytes, 4), payload: bytes.subarray(HEADER_BYTES.jpeg) } };
}

function decodeH264(bytes: Uint8Array): Decoded<VideoFrameMessage> {
  const kind = bytes[1];
  if (bytes.length <= HEADER_BYTES.h264) return MALFORMED;
  if (kind !== H264_KEYFRAME && kind !== H264_INTRA && kind !== H264_DELTA) return MALFORMED;
  const width = u16(bytes, 6);
  const height = u16(bytes, 8);
  if (width === 0 || height === 0) return MALFORMED;
  const payload = bytes.subarray(HEADER_BYTES.h264);
  const keyframe = kind === H264_KEYFRAME;
  return { message: { type: 'h264', keyframe, id: u16(bytes, 2), y: u16(bytes, 4), width, height, payload } };
}

/** What precedes each earlier packet: a type, by how many samples it is earlier, and its length (RFC 2198, section 3). */
const BLOCK_BYTES = 4;
const BLOCKS_AT = 6;

function decodeAudio(bytes: Uint8Array): Decoded<AudioMessage> {
  const count = bytes[1];
  if (count === undefined || count > LIMIT.earlierSound) return MALFORMED;
  if (count === 0) {
    const payload = bytes.subarray(2);
    return payload.length > 0 ? { message: { type: 'audio', redundant: [], payload } } : MALFORMED;
  }
  const redundant = [];
  let at = BLOCKS_AT + count * BLOCK_BYTES + 1;
  for (let block = BLOCKS_AT; block < BLOCKS_AT + count * BLOCK_BYTES; block += BLOCK_BYTES) {
    const offset = u16(bytes, block + 1) >> 2;
    const length = u16(bytes, block + 2) & 0x3ff;
    const payload = bytes.subarray(at, at + length);
    if (length === 0 || payload.length < length) return MALFORMED;
    redundant.push({ offset, payload });
    at += length;
  }
  const payload = bytes.subarray(at);
  if (payload.length === 0) return MALFORMED;
  const pts = u16(bytes, 2) * 65_536 + u16(bytes, 4);
  return { message: { type: 'audio', pts, redundant, payload } };
}

type Json = Record<string, unknown>;

const MALFORMED = { error: 'malformed' } as const satisfies { error: DecodeError };
const UNKNOWN = { error: 'unknown_verb' } as const satisfies { error: DecodeError };

type Read = (rest: string | undefined) => Decoded<ServerMessage>;

const READERS: readonly (readonly [string, Read])[] = [
  [SERVER_VERB.mode, (rest) => (rest === 'websockets' ? { message: { type: 'mode' } } : MALFORMED)],
  [SERVER_VERB.gzip, (rest) => (rest === '1' ? { message: { type: 'gzip_accepted' } } : MALFORMED)],
  [SERVER_VERB.videoStarted, alone('video_started')],
  [SERVER_VERB.videoStopped, alone('video_stopped')],
  [SERVER_VERB.audioStarted, alone('audio_started')],
  [SERVER_VERB.audioStopped, alone('audio_stopped')],
  [SERVER_VERB.audioDisabled, alone('audio_disabled')],
  [SERVER_VERB.microphoneDisabled, alone('microphone_disabled')],
  [
    SERVER_VERB.pipelineResetting,
    (rest) => (rest ? { message: { type: 'pipeline_resetting', display: rest } } : MALFORMED),
  ],
  [SERVER_VERB.kill, (rest) => (rest === undefined ? MALFORMED : { message: { type: 'kill', reason: rest } })],
  [SERVER_VERB.displays, fromObject(displays)],
  [SERVER_VERB.system, fromObject(system)],
  [SERVER_VERB.ours, fromObject(ours)],
  [SERVER_VERB.pong, fromNumbers(pong)],
  [SERVER_VERB.trace, fromNumbers(trace)],
  [SERVER_VERB.cursor, fromObject(cursor)],
  [SERVER_VERB.clipForms, clipForms],
  [SERVER_VERB.clipReply, (rest) => (rest === 'cr' ? { message: { type: 'clip_reply' } } : MALFORMED)],
  [SERVER_VERB.clipText, (rest) => (rest === undefined ? MALFORMED : clipWhole(PLAIN, rest))],
  [
    SERVER_VERB.clipBinary,
    (rest) => {
      const [mime, base64] = atComma(rest);
      return clipWhole(mime, base64);
    },
  ],
  [SERVER_VERB.clipStart, clipStart],
  [SERVER_VERB.clipData, clipData],
  [SERVER_VERB.clipFinish, alone('clip_end')],
];

/** The readers by their first word, without the character that ends it. */
const VERBS: ReadonlyMap<string, Read> = new Map(READERS.map(([verb, read]) => [verb.replace(/[ ,]$/, ''), read]));

function decodeJson(text: string): Decoded<ServerMessage> {
  const json = parseObject(text);
  if (!json || typeof json.type !== 'string') return MALFORMED;
  if (json.type === 'server_settings') return serverSettings(json);
  if (json.type === 'stream_resolution') return streamResolution(json);
  return UNKNOWN;
}

function serverSettings(json: Json): Decoded<ServerMessage> {
  const { settings, displayId } = json;
  if (!isObject(settings)) return MALFORMED;
  if (displayId === undefined) return { message: { type: 'settings', settings } };
  if (typeof displayId !== 'string') return MALFORMED;
  return { message: { type: 'settings', settings, display: displayId } };
}

function streamResolution(json: Json): Decoded<ServerMessage> {
  const { width, height, displayId = 'primary' } = json;
  if (!isLength(width) || !isLength(height) || typeof displayId !== 'string') return MALFORMED;
  return { message: { type: 'stream_resolution', width, height, display: displayId } };
}

function displays(json: Json): Decoded<ServerMessage> {
  const list = json.displays;
  if (!Array.isArray(list) || !list.every((name): name is string => typeof name === 'string')) return MALFORMED;
  return { message: { type: 'displays', displays: list } };
}

function system(json: Json): Decoded<ServerMessage> {
  if (typeof json.action !== 'string') return MALFORMED;
  return json.action === 'reload' ? { message: { type: 'reload' } } : UNKNOWN;
}

/** Longer than any pointer image the protocol allows for; a server that sends more is not obeyed. */
const MAX_CURSOR_TEXT = 1 << 18;
const MAX_CURSOR_SIDE = 512;

function cursor(json: Json): Decoded<ServerMessage> {
  const { curdata: png, width, height, hotx, hoty, handle } = json;
  if (typeof png !== 'string' || png.length > MAX_CURSOR_TEXT || !/^[A-Za-z0-9+/]*={0,2}$/.test(png)) return MALFORMED;
  if (!isNatural(handle) || !isNatural(width) || !isNatural(height) || !isNatural(hotx) || !isNatural(hoty))
    return MALFORMED;
  if (png === '' || handle === 0)
    return { message: { type: 'cursor', png: '', width: 0, height: 0, hot_x: 0, hot_y: 0, handle: 0 } };
  if (Math.max(width, height) > MAX_CURSOR_SIDE || hotx >= width || hoty >= height) return MALFORMED;
  return { message: { type: 'cursor', png, width, height, hot_x: hotx, hot_y: hoty, handle } };
}

function ours(json: Json): Decoded<ServerMessage> {
  if (typeof json.event !== 'string') return MALFORMED;
  if (json.event === 'desktop') {
    const { state } = json;
    return state === 'lost' || state === 'restarted' ? { message: { type: 'desktop_state', state } } : MALFORMED;
  }
  if (json.event === 'stream') {
    const { encoder, fallback } = json;
    if (typeof encoder !== 'string') return MALFORMED;
    if (fallback === undefined || fallback === null) return { message: { type: 'stream_info', encoder } };
    return typeof fallback === 'string' ? { message: { type: 'stream_info', encoder, fallback } } : MALFORMED;
  }
  if (json.event === 'clipboard') {
    const why = REFUSALS.find((word) => word === json.refused);
    return why ? { message: { type: 'clip_refused', why } } : MALFORMED;
  }
  if (json.event === 'rumble') {
    const { pad, strong, weak, ms } = json;
    const fits =
      isNatural(pad) && pad < LIMIT.gamepads && isPart(strong) && isPart(weak) && isNatural(ms) && ms <= 65535;
    return fits ? { message: { type: 'rumble', pad, strong, weak, ms } } : MALFORMED;
  }
  return UNKNOWN;
}

const REFUSALS: readonly ClipRefusal[] = ['too_large', 'broken', 'forbidden', 'failed'];

function clipForms(rest: string | undefined): Decoded<ServerMessage> {
  const [, digits, which] = /^(\d{1,3})(,primary)?$/.exec(rest ?? '') ?? [];
  const count = Number(digits);
  if (!(count >= 1 && count <= LIMIT.clipForms)) return MALFORMED;
  return { message: { type: 'clip_forms', count, primary: which !== undefined } };
}

function clipWhole(mime: string | undefined, base64: string | undefined): Decoded<ServerMessage> {
  const payload = base64 === undefined ? undefined : fromBase64(base64);
  if (!payload || !isMime(mime)) return MALFORMED;
  return { message: { type: 'clip_whole', mime, payload } };
}

function clipStart(rest: string | undefined): Decoded<ServerMessage> {
  const [mime, length = ''] = atComma(rest);
  if (!isMime(mime) || !/^\d{1,15}$/.test(length)) return MALFORMED;
  return { message: { type: 'clip_start', mime, bytes: Number(length) } };
}

function clipData(rest: string | undefined): Decoded<ServerMessage> {
  if (rest === '=') return { message: { type: 'clip_void' } };
  const payload = rest === undefined ? undefined : fromBase64(rest);
  return payload ? { message: { type: 'clip_part', payload } } : MALFORMED;
}

/** What stands before the first comma and after it. */
function atComma(text: string | undefined): [before: string | undefined, after: string | undefined] {
  const cut = text?.indexOf(',') ?? -1;
  return cut < 0 ? [text, undefined] : [text?.slice(0, cut), text?.slice(cut + 1)];
}

function isMime(text: string | undefined): text is string {
  return text !== undefined && text.length <= LIMIT.mime && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(text);
}

type Bare =
  | 'video_started'
  | 'video_stopped'
  | 'audio_started'
  | 'audio_stopped'
  | 'audio_disabled'
  | 'microphone_disabled'
  | 'clip_end';

function alone(type: Bare): Read {
  return (rest) => (rest === undefined ? { message: { type } } : MALFORMED);
}

function fromObject(read: (json: Json) => Decoded<ServerMessage>): Read {
  return (rest) => {
    const json = rest === undefined ? undefined : parseObject(rest);
    return json ? read(json) : MALFORMED;
  };
}

function pong([echo, now, ...rest]: readonly number[]): Decoded<ServerMessage> {
  if (echo === undefined || now === undefined || rest.length > 0) return MALFORMED;
  return { message: { type: 'pong', echo, now } };
}

function trace(numbers: readonly number[]): Decoded<ServerMessage> {
  const [frame, damaged, captured, encode_started, encoded, taken, sent, ...rest] = numbers;
  if (frame === undefined || damaged === undefined || captured === undefined || encode_started === undefined)
    return MALFORMED;
  if (encoded === undefined || taken === undefined || sent === undefined || rest.length % 3 !== 0) return MALFORMED;
  const answers = [];
  for (let at = 0; at < rest.length; at += 3)
    answers.push({ id: rest[at] ?? 0, received: rest[at + 1] ?? 0, injected: rest[at + 2] ?? 0 });
  return { message: { type: 'trace', frame, damaged, captured, encode_started, encoded, taken, sent, answers } };
}

/** Whole numbers with commas between. */
function fromNumbers(read: (numbers: readonly number[]) => Decoded<ServerMessage>): Read {
  return (rest) => {
    if (rest === undefined || !/^\d+(,\d+)*$/.test(rest)) return MALFORMED;
    return read(rest.split(',').map(Number));
  };
}

function parseObject(text: string): Json | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65535;
}

function isNatural(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isPart(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
