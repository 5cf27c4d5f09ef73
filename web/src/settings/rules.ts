import type { ProposedValue, SettingsEntries } from '../proto/messages.ts';
import type { SettingName } from './generated.ts';
import { SETTINGS } from './generated.ts';

/** The settings this page offers. */
export const PROPOSABLE = [
  'encoder',
  'framerate',
  'rate_control_mode',
  'video_crf',
  'video_bitrate',
  'jpeg_quality',
  'video_fullcolor',
  'video_streaming_mode',
  'use_cpu',
  'use_paint_over_quality',
  'scaling_dpi',
  'enable_binary_clipboard',
  'audio_bitrate',
] as const satisfies readonly SettingName[];

/** Their names on the wire. */
export type Proposable = (typeof PROPOSABLE)[number];

/** What this browser's user chose once; absent means "as the server has it". */
export type Picks = Readonly<Partial<Record<Proposable, ProposedValue>>>;

/** A published setting whose form was checked. */
export type Entry =
  | { kind: 'toggle'; value: boolean; locked: boolean }
  | { kind: 'range'; min: number; max: number; initial: number }
  | { kind: 'choice'; value: string; allowed: readonly string[] }
  | { kind: 'plain'; value: string | number };

/** How a setting is drawn. A setting without one is not drawn at all. */
export type Row =
  | { kind: 'toggle'; value: boolean }
  | { kind: 'slider'; value: number; min: number; max: number }
  | { kind: 'choice'; value: string; allowed: readonly string[] }
  | { kind: 'locked'; value: boolean };

/** The published entry of that name, or nothing when it is absent or not of a known form. */
export function entryOf(entries: SettingsEntries, name: string): Entry | undefined {
  const raw = entries[name];
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { value, locked, min, max, default: initial, allowed } = raw as Record<string, unknown>;
  if (typeof value === 'boolean') return { kind: 'toggle', value, locked: locked === true };
  if (isNumber(min) && isNumber(max) && min <= max)
    return { kind: 'range', min, max, initial: isNumber(initial) ? clamp(initial, min, max) : min };
  if (typeof value === 'string' && Array.isArray(allowed))
    return { kind: 'choice', value, allowed: allowed.filter((item) => typeof item === 'string') };
  if (typeof value === 'string' || isNumber(value)) return { kind: 'plain', value };
  return undefined;
}

/** Whether the operator left the choice open and `value` lies inside it. */
export function mayPick(entry: Entry | undefined, value: ProposedValue): boolean {
  switch (entry?.kind) {
    case 'toggle':
      return !entry.locked && typeof value === 'boolean';
    case 'range':
      return entry.min < entry.max && isNumber(value) && value >= entry.min && value <= entry.max;
    case 'choice':
      return entry.allowed.length > 1 && entry.allowed.includes(String(value));
    default:
      return false;
  }
}

/** The picks that still hold under what the server publishes now. */
export function validPicks(picks: Picks, entries: SettingsEntries): Picks {
  const kept: Partial<Record<Proposable, ProposedValue>> = {};
  for (const name of PROPOSABLE) {
    const value = picks[name];
    if (value !== undefined && mayPick(entryOf(entries, name), value)) kept[name] = value;
  }
  return kept;
}

/** How to draw a setting: what is hidden or has nothing to choose from is absent. */
export function rowOf(entries: SettingsEntries, picks: Picks, name: Proposable): Row | undefined {
  // A setting may be published before the feature behind it exists.
  const entry = SETTINGS[name].inEffect ? entryOf(entries, name) : undefined;
  const picked = picks[name];
  const chosen = picked !== undefined && mayPick(entry, picked) ? picked : undefined;
  switch (entry?.kind) {
    case 'toggle': {
      if (entry.locked) return { kind: 'locked', value: entry.value };
      return { kind: 'toggle', value: typeof chosen === 'boolean' ? chosen : entry.value };
    }
    case 'range': {
      if (entry.min === entry.max) return undefined;
      const value = isNumber(chosen) ? chosen : entry.initial;
      return { kind: 'slider', value, min: entry.min, max: entry.max };
    }
    case 'choice': {
      if (entry.allowed.length < 2) return undefined;
      return { kind: 'choice', value: chosen === undefined ? entry.value : String(chosen), allowed: entry.allowed };
    }
    default:
      return undefined;
  }
}

/** A `ui_…` switch of the operator; what is not published is shown. */
export function shows(entries: SettingsEntries | undefined, name: string): boolean {
  const entry = entries && entryOf(entries, name);
  return entry?.kind !== 'toggle' || entry.value;
}

/** A text of the operator. */
export function textOf(entries: SettingsEntries | undefined, name: string): string | undefined {
  const entry = entries && entryOf(entries, name);
  return entry?.kind === 'plain' && typeof entry.value === 'string' ? entry.value : undefined;
}

/** Picks as they were stored: foreign text, of which only known names with plain values survive. */
export function parsePicks(text: string | null): Picks {
  const picks: Partial<Record<Proposable, ProposedValue>> = {};
  try {
    const json: unknown = JSON.parse(text ?? '{}');
    if (typeof json !== 'object' || json === null) return picks;
    for (const name of PROPOSABLE) {
      const value = (json as Record<string, unknown>)[name];
      if (typeof value === 'boolean' || isNumber(value) || (typeof value === 'string' && value.length <= 64))
        picks[name] = value;
    }
  } catch {
    // Somebody else wrote there: as if nothing had been chosen.
  }
  return picks;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
