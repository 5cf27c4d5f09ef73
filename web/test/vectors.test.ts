import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeBinary, decodeText } from '../src/proto/decode.ts';
import { encode, encodeSpeech } from '../src/proto/encode.ts';
import type { ClientMessage, Proposal, ProposedValue } from '../src/proto/messages.ts';

interface Vector {
  name: string;
  text?: string;
  hex?: string;
  message?: Record<string, unknown>;
  error?: string;
  page?: boolean;
  encode_only?: boolean;
}

const load = (file: string): Vector[] =>
  JSON.parse(readFileSync(new URL(`../../crates/proto/vectors/${file}`, import.meta.url), 'utf8')) as Vector[];

describe('text of the server', () => {
  const vectors = load('server-text.json').filter((v) => !v.encode_only);
  test.each(vectors)('$name', ({ text, message, error }) => {
    const decoded = decodeText(text ?? '');
    const payload = 'message' in decoded && 'payload' in decoded.message ? decoded.message.payload : undefined;
    const shown = payload ? { message: { ...Object(decoded).message, payload: hexed(payload) } } : decoded;
    expect(shown).toEqual(message ? { message } : { error });
  });
});

describe('binary of the server', () => {
  test.each(load('server-binary.json'))('$name', ({ hex, message, error }) => {
    const decoded = decodeBinary(Uint8Array.from(Buffer.from(hex ?? '', 'hex')));
    if ('error' in decoded) {
      expect(decoded.error).toBe(error);
    } else {
      const { payload, ...rest } = decoded.message as typeof decoded.message & { payload?: Uint8Array };
      expect(payload ? { ...rest, payload: hexed(payload) } : rest).toEqual(message);
    }
  });
});

describe('sound of the server', () => {
  test.each(load('server-sound.json'))('$name', ({ hex, message, error }) => {
    const decoded = decodeBinary(Uint8Array.from(Buffer.from(hex ?? '', 'hex')));
    const text = JSON.stringify(decoded, (_, value) => (value instanceof Uint8Array ? hexed(value) : value));
    // A picture is read by the same function.
    if (error === 'unknown_kind') expect(decoded).toMatchObject({ message: { type: 'jpeg' } });
    else expect(JSON.parse(text)).toEqual(message ? { message } : { error });
  });
});

describe('binary of the page', () => {
  test.each(load('client-binary.json').filter(({ message }) => message?.type === 'microphone'))(
    '$name',
    ({ hex, message }) => {
      expect(hexed(encodeSpeech(Uint8Array.from(Buffer.from(String(message?.payload), 'hex'))))).toBe(hex);
    },
  );
});

describe('text of the page', () => {
  const vectors = load('client-text.json').filter((v) => v.page);
  test('there are some', () => expect(vectors.length).toBeGreaterThan(20));
  test.each(vectors)('$name', ({ text, message }) => {
    expect(comparable(encode(fromVector(message ?? {})))).toEqual(comparable(text ?? ''));
  });
});

function hexed(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** JSON compares by content: the order of its keys is free. */
function comparable(text: string): unknown {
  const json = /^(SETTINGS|_selkies),(.*)$/s.exec(text);
  return json ? { verb: json[1], json: JSON.parse(json[2] ?? '') as unknown } : text;
}

function fromVector(message: Record<string, unknown>): ClientMessage {
  if (message.type === 'capabilities')
    return {
      type: 'capabilities',
      desktopState: message.desktop_state === true,
      eachAck: message.each_ack === true,
      trace: message.trace === true,
      clips: message.clips === true,
      rumble: message.rumble === true,
    };
  if (typeof message.payload === 'string')
    return { ...message, payload: Uint8Array.from(Buffer.from(message.payload, 'hex')) } as ClientMessage;
  if (message.type !== 'settings') return message as ClientMessage;
  const proposal: Proposal = { values: message.values as Record<string, ProposedValue> };
  if (message.display !== undefined) proposal.display = message.display as string;
  if (message.initial_size !== undefined) proposal.initialSize = message.initial_size as [number, number];
  if (message.manual_resolution !== undefined) proposal.manualResolution = message.manual_resolution === true;
  if (message.audio_redundancy !== undefined) proposal.audioRedundancy = message.audio_redundancy === true;
  return { type: 'settings', proposal };
}
