/** A row of the table: a decoded item, or a line of JSON. */

import type { DecodedItem } from 'kakashi-wasm';
import { parseJson } from './json';
import { levelNumber } from './level';

export interface Row {
  /** `skipped`: bytes or a line that are no record. `dropped`: an announcement of lost records. */
  readonly kind: 'record' | 'dropped' | 'skipped';
  readonly timestamp: string;
  readonly level: number;
  readonly levelName: string;
  readonly logger: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The level of rows that are no records: every filter by level lets them pass. */
export const SKIPPED_LEVEL = 255;

export function rowOfItem(item: DecodedItem): Row {
  switch (item.kind) {
    case 'record': {
      const { timestamp, level, levelName, logger, message } = item;
      return { kind: 'record', timestamp, level, levelName, logger, message, fields: item.fields };
    }
    case 'dropped': {
      const fields = { ...present(item.byLevel), ...present(item.byReason) };
      const message = `${item.total} ${item.total === 1 ? 'record was' : 'records were'} dropped here`;
      return { ...NOTHING, kind: 'dropped', timestamp: item.timestamp, levelName: 'DROPPED', message, fields };
    }
    case 'skipped':
      return skipped(`${item.bytes} ${item.bytes === 1 ? 'byte' : 'bytes'} skipped: there is no whole block`);
  }
}

/** Reads a line of JSON; one that is no record becomes a skipped row that says why. */
export function rowOfLine(line: string): Row {
  let parsed: unknown;
  try {
    parsed = parseJson(line);
  } catch (error) {
    return skipped(`line skipped: ${(error as Error).message}`, { line: line.slice(0, 1000) });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return skipped('line skipped: JSON, but no object', { line: line.slice(0, 1000) });
  }
  const { timestamp, level, logger, message, ...fields } = parsed as Record<string, unknown>;
  const levelName = word(level).toUpperCase();
  const row = { timestamp: word(timestamp), levelName, logger: word(logger), message: word(message), fields };
  const announces = row.message === 'Records were dropped' && typeof fields['dropped'] === 'number';
  if (announces) return { ...row, kind: 'dropped', level: SKIPPED_LEVEL, levelName: 'DROPPED' };
  return { ...row, kind: 'record', level: levelNumber(levelName) };
}

const NOTHING = { timestamp: '', level: SKIPPED_LEVEL, levelName: '', logger: '', message: '', fields: {} };

function skipped(message: string, fields = {}): Row {
  return { ...NOTHING, kind: 'skipped', levelName: 'SKIPPED', message, fields };
}

function word(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

function present(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** Shows a field's value on one line; strings stand bare unless that would mislead. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=\u0000-\u001f\u007f-\u009f]+$/.test(value) ? value : JSON.stringify(value);
  return showJson(value);
}

export function showFields(fields: Row['fields']): string {
  let shown = '';
  for (const key in fields) shown += `${shown && ' '}${key}=${showValue(fields[key])}`;
  return shown;
}

/** As `JSON.stringify`, and knows what `decode` gives: big integers and bytes. */
export function showJson(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `<${[...value.subarray(0, 32)].map((b) => b.toString(16).padStart(2, '0')).join(' ')}${value.length > 32 ? ' …' : ''}>`;
  if (Array.isArray(value)) return `[${value.map(showJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${showJson(inner)}`).join(',')}}`;
  }
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : (JSON.stringify(value) ?? String(value));
}
