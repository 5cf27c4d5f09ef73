// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Form } from '../src/clipboard/clip.ts';
import { isKnown } from '../src/clipboard/clip.ts';
import type { Fate, FromDesktop } from '../src/clipboard/exchange.ts';
import { Exchange } from '../src/clipboard/exchange.ts';
import { extentOf, isModest } from '../src/clipboard/extent.ts';
import { Incoming } from '../src/clipboard/incoming.ts';
import type { Line } from '../src/clipboard/outgoing.ts';
import { Outgoing, pieces } from '../src/clipboard/outgoing.ts';
import { pictures } from '../src/clipboard/pictures.ts';
import { rulesOf } from '../src/clipboard/rules.ts';
import { fromBase64, toBase64 } from '../src/proto/base64.ts';
import { decodeText } from '../src/proto/decode.ts';
import { encode } from '../src/proto/encode.ts';
import type { ClipMessage } from '../src/proto/messages.ts';
import { after, bytes, settle, utf8 } from './clipboard-helpers.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('base64', () => {
  test('any bytes come back, whatever the length', () => {
    for (const length of [0, 1, 2, 3, 4, 24_575, 24_576, 24_577, 49_152])
      expect(fromBase64(toBase64(bytes(length)))).toEqual(bytes(length));
  });

  test('what is not base64 is nothing', () => {
    for (const text of ['a', 'ab=', 'YQ==Yg==', 'YWJj ', 'YW\nJj', 'YW-_', '=', '===='])
      expect(fromBase64(text), text).toBeUndefined();
  });
});

/** What a server would put together of the messages. */
function received(texts: readonly string[]): { mime: string; bytes: string }[] {
  const forms: { mime: string; bytes: string }[] = [];
  let parts: Buffer[] = [];
  for (const text of texts) {
    const [verb = '', first = '', second = '', third = ''] = text.split(',');
    if (verb === 'cw') forms.push({ mime: 'text/plain', bytes: Buffer.from(first, 'base64').toString('hex') });
    if (verb === 'cb') forms.push({ mime: first, bytes: Buffer.from(second, 'base64').toString('hex') });
    if (verb === 'cws' || verb === 'cbs') {
      parts = [];
      forms.push({ mime: verb === 'cws' ? 'text/plain' : second, bytes: verb === 'cws' ? second : third });
    }
    if (verb === 'cwd' || verb === 'cbd') parts.push(Buffer.from(second, 'base64'));
    if (verb === 'cwe' || verb === 'cbe') {
      const whole = Buffer.concat(parts);
      const form = forms.at(-1);
      expect(form?.bytes).toBe(String(whole.length));
      if (form) form.bytes = whole.toString('hex');
    }
  }
  return forms;
}

describe('how large a picture is', () => {
  const file = (length: number, ...at: readonly (readonly [number, readonly number[]])[]): Uint8Array => {
    const bytes = new Uint8Array(length);
    for (const [place, values] of at) bytes.set(values, place);
    return bytes;
  };
  const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
  const riff = [0, ascii('RIFF')] as const;

  test.each([
    ['PNG', file(24, [0, [0x89, 0x50, 0x4e, 0x47]], [16, [0, 1, 0, 2, 0, 0, 0, 3]]), 65_538, 3],
    ['GIF', file(10, [0, ascii('GIF89a')], [6, [2, 1, 3, 0]]), 258, 3],
    ['BMP', file(30, [0, ascii('BM')], [14, [40]], [18, [0, 1, 0, 0, 0xfe, 0xff, 0xff, 0xff]]), 256, 2],
    ['BMP of old', file(30, [0, ascii('BM')], [14, [12]], [18, [0, 1, 2, 0]]), 256, 2],
    ['JPEG', file(60, [0, [0xff, 0xd8, 0xff, 0xe0, 0, 9]], [13, [0xff, 0xff, 0xc2, 0, 17, 8, 1, 2, 3, 4]]), 772, 258],
    ['WebP', file(40, riff, [8, ascii('WEBPVP8 ')], [26, [1, 0x41, 2, 0]]), 257, 2],
    ['WebP, lossless', file(40, riff, [8, ascii('WEBPVP8L')], [20, [0x2f, 0xff, 0xc0, 0, 0]]), 256, 4],
    ['WebP with more', file(40, riff, [8, ascii('WEBPVP8X')], [24, [255, 255, 255, 1, 0, 1]]), 16_777_216, 65_538],
  ])('%s', (_, bytes, width, height) => {
    expect(extentOf(bytes)).toEqual({ width, height });
    for (let end = 0; end < bytes.length; end += 1) expect(() => extentOf(bytes.subarray(0, end))).not.toThrow();
  });

  test('one that shows more than fits is not decoded, whatever it is called', async () => {
    const bomb = file(24, [0, [0x89, 0x50, 0x4e, 0x47]], [16, [0, 0, 0x80, 0, 0, 0, 0x80, 0]]);
    expect(isModest(bomb)).toBe(false);
    const decode = vi.fn(() => Promise.reject(new Error('asked to')));
    vi.stubGlobal('createImageBitmap', decode);
    expect(await pictures.toPng(bomb as Uint8Array<ArrayBuffer>, 'image/png')).toBeUndefined();
    expect(await pictures.toPng(bomb as Uint8Array<ArrayBuffer>, 'image/webp')).toBeUndefined();
    const one = new Blob([bomb as Uint8Array<ArrayBuffer>]);
    expect(await pictures.same(one, one)).toBe(false);
    expect(decode).not.toHaveBeenCalled();
    vi.unstubAllGlobals();
  });
});

describe('what goes out', () => {
  const forms: Form[] = [
    { mime: 'text/html', bytes: utf8('<b>ü</b>') },
    { mime: 'text/plain', bytes: bytes(30_001) },
    { mime: 'image/png', bytes: bytes(10_000, 3) },
  ];

  test('small forms travel whole, large ones in parts that are encoded by themselves', () => {
    let id = 0;
    const messages = [...pieces(forms, 9999, () => ++id)];
    expect(messages.map(({ type }) => type)).toEqual([
      'clip_forms',
      'clip_whole',
      'clip_start',
      ...Array(4).fill('clip_part'),
      'clip_end',
      'clip_start',
      ...Array(2).fill('clip_part'),
      'clip_end',
    ]);
    for (const message of messages)
      if (message.type === 'clip_part') expect(message.payload.length).toBeLessThanOrEqual(9999);
    const parts = messages.filter((message) => message.type === 'clip_part' && message.id === 1);
    for (const part of parts.slice(0, -1)) expect(part.type === 'clip_part' && part.payload.length % 3).toBe(0);
    const texts = messages.map(encode);
    expect(texts[0]).toBe('_clip,3');
    expect(received(texts)).toEqual(
      forms.map(({ mime, bytes }) => ({ mime, bytes: Buffer.from(bytes).toString('hex') })),
    );
  });

  test('a form of exactly one part is not taken for a small one', () => {
    const [, first] = [...pieces([{ mime: 'text/plain', bytes: bytes(9999) }], 9999, () => 1)];
    expect(first?.type).toBe('clip_start');
  });

  test('it waits while the line is full, and other things are sent between', () => {
    const sent: string[] = [];
    const line: { buffered: number; send(text: string): void } = { buffered: 0, send: () => {} };
    line.send = (text) => {
      sent.push(text.slice(0, 4));
      line.buffered += text.length;
    };
    const outgoing = new Outgoing({ line: () => line, after });
    const done = vi.fn();
    outgoing.give([{ mime: 'text/plain', bytes: bytes(600_000) }], 48 << 10, done);
    const first = sent.length;
    expect(line.buffered).toBeLessThan(200_000);
    expect(done).not.toHaveBeenCalled();
    vi.advanceTimersByTime(50);
    expect(sent.length).toBe(first);
    line.send('kd,97');
    for (let count = 0; count < 40; count += 1) {
      line.buffered = 0;
      vi.advanceTimersByTime(5);
    }
    expect(done).toHaveBeenCalledWith(true);
    expect(sent.indexOf('kd,9')).toBeLessThan(sent.indexOf('cwe,'));
  });

  test('a newer thing ends an older one', () => {
    const line: Line = { buffered: 1 << 20, send: () => {} };
    const outgoing = new Outgoing({ line: () => line, after });
    const older = vi.fn();
    outgoing.give([{ mime: 'text/plain', bytes: bytes(10) }], 48 << 10, older);
    outgoing.give([{ mime: 'text/plain', bytes: bytes(11) }], 48 << 10, () => {});
    expect(older).toHaveBeenCalledExactlyOnceWith(false);
  });
});

const heard = (incoming: Incoming, ...texts: string[]) =>
  texts.map((text) => {
    const decoded = decodeText(text);
    if ('error' in decoded) throw new Error(text);
    return incoming.heard(decoded.message as Exclude<ClipMessage, { type: 'clip_refused' }>);
  });
const b64 = (text: string): string => Buffer.from(text).toString('base64');

describe('what comes in', () => {
  test('forms of one thing arrive together', () => {
    const arrivals = heard(
      new Incoming(1000),
      '_clip,2',
      `clipboard_binary,text/html,${b64('<b>x</b>')}`,
      'clipboard_start,text/plain,6',
      `clipboard_data,${b64('abc')}`,
      `clipboard_data,${b64('def')}`,
      'clipboard_finish',
    );
    expect(arrivals.slice(0, -1).every((arrival) => arrival === undefined)).toBe(true);
    expect(arrivals.at(-1)).toEqual({
      forms: [
        { mime: 'text/html', bytes: utf8('<b>x</b>') },
        { mime: 'text/plain', bytes: utf8('abcdef') },
      ],
      primary: false,
      reply: false,
    });
  });

  test('without an announcement each transfer is a thing of its own', () => {
    const arrivals = heard(new Incoming(1000), `clipboard,${b64('a')}`, `clipboard,${b64('b')}`);
    expect(arrivals.map((arrival) => arrival?.forms.length)).toEqual([1, 1]);
  });

  test('an answer is told from news, also with an announcement behind it', () => {
    const incoming = new Incoming(1000);
    const arrivals = heard(
      incoming,
      'clipboard_reply,cr',
      '_clip,1',
      `clipboard,${b64('a')}`,
      '_clip,1',
      `clipboard,${b64('b')}`,
      'clipboard_reply,cr',
      'clipboard,',
      '_clip,1,primary',
      `clipboard,${b64('c')}`,
    ).filter((arrival) => arrival !== undefined);
    expect(arrivals.map(({ reply }) => reply)).toEqual([true, false, true, false]);
    expect(arrivals.map(({ primary }) => primary)).toEqual([false, false, false, true]);
  });

  test.each([
    ['too much', ['clipboard_start,text/plain,2', `clipboard_data,${b64('abc')}`, 'clipboard_finish']],
    ['too little', ['clipboard_start,text/plain,4', `clipboard_data,${b64('abc')}`, 'clipboard_finish']],
    ['void', ['clipboard_start,text/plain,3', `clipboard_data,${b64('abc')}`, 'clipboard_data,=', 'clipboard_finish']],
    ['never begun', [`clipboard_data,${b64('abc')}`, 'clipboard_finish']],
    [
      'announced beyond the limit',
      ['clipboard_start,text/plain,101', `clipboard_data,${b64('abc')}`, 'clipboard_finish'],
    ],
    ['larger than may be', [`clipboard,${b64('x'.repeat(101))}`]],
  ])('what is %s comes to nothing, and what follows is not harmed', (_how, texts) => {
    const incoming = new Incoming(100);
    expect(heard(incoming, ...texts).every((arrival) => arrival === undefined)).toBe(true);
    expect(heard(incoming, `clipboard,${b64('ok')}`)[0]?.forms).toEqual([{ mime: 'text/plain', bytes: utf8('ok') }]);
  });

  test('forms that came to nothing leave the others', () => {
    const arrivals = heard(
      new Incoming(100),
      '_clip,2',
      'clipboard_start,image/png,4000000000',
      'clipboard_finish',
      `clipboard,${b64('text')}`,
    );
    expect(arrivals.at(-1)?.forms).toEqual([{ mime: 'text/plain', bytes: utf8('text') }]);
  });

  test('the limit counts for all forms of one thing', () => {
    const form = `clipboard_binary,text/html,${b64('x'.repeat(60))}`;
    expect(heard(new Incoming(100), '_clip,2', form, form).at(-1)?.forms).toHaveLength(1);
  });

  test('nothing is kept of a transfer whose length was a lie', () => {
    const incoming = new Incoming(1000);
    heard(incoming, 'clipboard_start,text/plain,10');
    for (let count = 0; count < 1000; count += 1) heard(incoming, `clipboard_data,${b64('x'.repeat(300))}`);
    expect(heard(incoming, 'clipboard_finish')[0]).toBeUndefined();
  });
});

describe('who has what', () => {
  test('the same text is known, in whatever clothes it comes back', () => {
    expect(isKnown({ text: 'a' }, { text: 'a' }, false)).toBe(true);
    expect(isKnown({ text: 'a' }, { text: 'a', html: '<b>a' }, false)).toBe(true);
    expect(isKnown({ text: 'a', html: '<b>a</b>' }, { text: 'a', html: '<b>a' }, false)).toBe(true);
    expect(isKnown({ text: 'a', html: '<b>a</b>' }, { text: 'a' }, false)).toBe(false);
    expect(isKnown({ text: 'b' }, { text: 'a' }, false)).toBe(false);
    expect(isKnown({ text: 'a' }, {}, false)).toBe(false);
    const image = new Blob(['x'], { type: 'image/png' });
    expect(isKnown({ image }, { image }, true)).toBe(true);
    expect(isKnown({ image }, { image }, false)).toBe(false);
    expect(isKnown({ image }, { text: 'a' }, true)).toBe(false);
  });
});

function exchange() {
  const sent: string[] = [];
  const fates: [number, Fate][] = [];
  const arrived: FromDesktop[] = [];
  const line = { buffered: 0, send: (text: string) => void sent.push(text) };
  let there = true;
  const exchange = new Exchange({
    line: () => (there ? line : undefined),
    after,
    pictures: {
      toPng: async (bytes, mime) => (mime === 'image/x-none' ? undefined : new Blob([bytes], { type: 'image/png' })),
      same: async (a, b) => (await a.text()) === (await b.text()),
    },
    arrived: (from) => arrived.push(from),
    gone: (id, fate) => fates.push([id, fate]),
  });
  const hear = (...texts: string[]): void => {
    for (const text of texts) {
      const decoded = decodeText(text);
      if ('message' in decoded) exchange.heard(decoded.message as ClipMessage);
    }
  };
  const cut = (): void => {
    there = false;
  };
  return { exchange, sent, fates, arrived, hear, line, cut };
}

describe('the exchange', () => {
  const PART = { part: 48 << 10, largest: 1 << 20 };

  test('the richest form comes first, and lines end as on the desktop', async () => {
    const { exchange: it, sent, fates } = exchange();
    await it.give(1, { text: 'a\r\nb', html: '<p>a', image: new Blob(['p'], { type: 'image/png' }) }, PART);
    expect(sent.map((text) => text.replace(/,[^,]*$/, ''))).toEqual(['_clip', 'cb,text/html', 'cw', 'cb,image/png']);
    expect(sent[2]).toBe(`cw,${b64('a\nb')}`);
    expect(fates).toEqual([[1, 'sent']]);
  });

  test('what the desktop has is not sent again, until it was refused or the connection is another', async () => {
    const { exchange: it, sent, fates, hear } = exchange();
    hear(`clipboard,${b64('hello')}`);
    await settle();
    await it.give(1, { text: 'hello' }, PART);
    expect(sent).toEqual([]);
    await it.give(2, { text: 'other' }, PART);
    await it.give(3, { text: 'other' }, PART);
    hear('_selkies,{"event":"clipboard","refused":"failed"}');
    await it.give(4, { text: 'other' }, PART);
    it.reset();
    await it.give(5, { text: 'other' }, PART);
    expect(fates).toEqual([
      [1, 'known'],
      [2, 'sent'],
      [3, 'known'],
      [4, 'sent'],
      [5, 'sent'],
    ]);
  });

  test('a picture that came back from the browser is known by what it shows', async () => {
    const { exchange: it, fates, hear, arrived } = exchange();
    hear(`clipboard_binary,image/bmp,${b64('pixels')}`);
    await settle();
    expect(arrived[0]?.clip.image?.type).toBe('image/png');
    await it.give(1, { image: new Blob(['pixels'], { type: 'image/png' }) }, PART);
    await it.give(2, { image: new Blob(['others'], { type: 'image/png' }) }, PART);
    expect(fates).toEqual([
      [1, 'known'],
      [2, 'sent'],
    ]);
  });

  test('who asks for the same while it is under way waits for the same', async () => {
    const { exchange: it, fates, line, sent } = exchange();
    line.buffered = 1 << 20;
    await it.give(1, { text: 'x'.repeat(100_000) }, PART);
    await it.give(2, { text: 'x'.repeat(100_000) }, PART);
    expect(fates).toEqual([]);
    line.buffered = 0;
    vi.advanceTimersByTime(10);
    expect(fates).toEqual([
      [1, 'sent'],
      [2, 'sent'],
    ]);
    expect(sent.filter((text) => text.startsWith('cws'))).toHaveLength(1);
  });

  test('what cannot go is said to be gone', async () => {
    const { exchange: it, fates, cut, sent } = exchange();
    await it.give(1, { text: 'x'.repeat((1 << 20) + 1) }, PART);
    cut();
    await it.give(2, { text: 'y' }, PART);
    expect(fates).toEqual([
      [1, 'too_large'],
      [2, 'dropped'],
    ]);
    expect(sent).toEqual([]);
  });

  test('a picture whose file has gone is said to be gone, and holds up no key', async () => {
    const { exchange: it, fates } = exchange();
    const image = new Blob([bytes(9)], { type: 'image/png' });
    image.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'));
    await it.give(1, { image }, { part: 9999, largest: 1 << 20 });
    expect(fates).toEqual([[1, 'dropped']]);
  });

  test('text fits rather than the form that is too large beside it', async () => {
    const { exchange: it, sent } = exchange();
    await it.give(1, { text: 'small', html: 'x'.repeat((1 << 20) + 1) }, PART);
    expect(sent).toEqual(['_clip,1', `cw,${b64('small')}`]);
  });

  test('text of X11 in UTF-16, an unknown picture, and an empty clipboard', async () => {
    const { hear, arrived } = exchange();
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<b>ü</b>', 'utf16le')]).toString('base64');
    hear('_clip,2', `clipboard_binary,text/html,${wide}`, `clipboard_binary,image/x-none,${b64('x')}`);
    await settle();
    hear('clipboard,');
    await settle();
    expect(arrived.map(({ clip }) => clip)).toEqual([{ html: '<b>ü</b>' }, {}]);
  });
});

test('what the operator says holds, and nothing goes before they have said anything', () => {
  const on = { value: true };
  const off = { value: false };
  expect(rulesOf(undefined, {})).toMatchObject({ in: false, out: false });
  const both = { clipboard_enabled: on, clipboard_in_enabled: on, clipboard_out_enabled: on };
  expect(rulesOf(both, {})).toMatchObject({ in: true, out: true, binary: false });
  expect(rulesOf({ ...both, clipboard_enabled: off }, {})).toMatchObject({ in: false, out: false });
  expect(rulesOf({ ...both, clipboard_in_enabled: off }, {})).toMatchObject({ in: false, out: true });
  expect(rulesOf({ ...both, enable_binary_clipboard: on }, {}).binary).toBe(true);
  expect(rulesOf({ ...both, ws_max_message_bytes: { value: 65_536 } }, {}).part).toBe(24_576);
  for (const value of [8 << 20, 65_536, 100_000, 12])
    expect(rulesOf({ ...both, ws_max_message_bytes: { value } }, {}).part % 3).toBe(0);
});
