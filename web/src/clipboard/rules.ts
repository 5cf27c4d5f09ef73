import { LIMIT } from '../proto/generated.ts';
import type { SettingsEntries } from '../proto/messages.ts';
import type { Picks } from '../settings/rules.ts';
import { entryOf, rowOf } from '../settings/rules.ts';
import { LARGEST } from './clip.ts';

/** What the operator lets through. */
export interface Rules {
  /** To the desktop, and from it. */
  readonly in: boolean;
  readonly out: boolean;
  /** Everything but plain text. */
  readonly binary: boolean;
  /** Bytes of one message. */
  readonly part: number;
  /** Bytes of one form. */
  readonly largest: number;
}

export function rulesOf(settings: SettingsEntries | undefined, picks: Picks): Rules {
  const entries = settings ?? {};
  const on = (name: string): boolean => {
    const entry = entryOf(entries, name);
    return entry?.kind === 'toggle' && entry.value;
  };
  const enabled = on('clipboard_enabled');
  const row = rowOf(entries, picks, 'enable_binary_clipboard');
  const binary = row?.kind === 'toggle' || row?.kind === 'locked' ? row.value : on('enable_binary_clipboard');
  return {
    in: enabled && on('clipboard_in_enabled'),
    out: enabled && on('clipboard_out_enabled'),
    binary,
    part: partOf(entryOf(entries, 'ws_max_message_bytes')),
    largest: Math.min(LARGEST, (numberOf(entryOf(entries, 'clipboard_limit')) ?? Number.POSITIVE_INFINITY) * MEBI),
  };
}

/** Below this a server cannot mean it. */
const LEAST_MESSAGE = 65_536;
/** Of a message, what is not the part. */
const AROUND = 4096;
const MEBI = 1 << 20;

function partOf(entry: ReturnType<typeof entryOf>): number {
  const most = numberOf(entry) ?? LIMIT.message;
  const room = Math.floor(((Math.max(most, LEAST_MESSAGE) - AROUND) / 4) * 3);
  return Math.min(LIMIT.clipPart, room - (room % 3));
}

function numberOf(entry: ReturnType<typeof entryOf>): number | undefined {
  return entry?.kind === 'plain' && typeof entry.value === 'number' ? entry.value : undefined;
}
