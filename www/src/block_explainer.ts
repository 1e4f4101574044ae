/**
 * Explains a block of the wire (`kakashi_core::wire`, version 1): every byte
 * stands in exactly one part, and each part says what it means.
 *
 * `decode` reads records; this shows which bytes mean what.
 */

import { Cursor, Malformed } from './cursor';
import { crc32 } from './crc32';
import { LEVEL_NAMES, levelName } from './level';
import { counted, explainPairs, explainValue, hex, quoted, type Emit, type Part } from './value_explainer';

export type { Part } from './value_explainer';

export type ItemKind = 'SITE' | 'NAME' | 'CONTEXT' | 'RECORD' | 'DROPPED' | 'BUILD' | 'unknown';

/** An item, its parts, and the items before it that define its ids. */
export interface Item {
  readonly kind: ItemKind;
  readonly offset: number;
  readonly length: number;
  readonly parts: readonly Part[];
  /** Positions in the block's items. */
  readonly uses: readonly number[];
  /** Why a reader passes over it, where it does. */
  readonly malformed?: string;
}

export interface Block {
  readonly offset: number;
  readonly length: number;
  /** Sync marker to length. */
  readonly head: readonly Part[];
  readonly items: readonly Item[];
  /** The checksum. */
  readonly tail: readonly Part[];
  readonly checksumHolds: boolean;
}

/** A whole block in some bytes. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

const SYNC = [0xf5, 0x6b, 0x6b, 0xfa] as const;
const HEAD = 10;
const OVERHEAD = HEAD + 4;
const MAX_ITEMS = 2 ** 28;
const KINDS: readonly ItemKind[] = ['unknown', 'SITE', 'NAME', 'CONTEXT', 'RECORD', 'DROPPED', 'BUILD'];
const FLAG = { site: 1, logger: 2, context: 4, extra: 8, sequence: 16, place: 32 } as const;

/** Finds a sync marker at or after `from`; −1 without one. */
export function findSync(bytes: Uint8Array, from = 0): number {
  for (let at = bytes.indexOf(SYNC[0], from); at >= 0; at = bytes.indexOf(SYNC[0], at + 1)) {
    if (SYNC.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

/** How often a byte is read to find blocks, on average: as often as kakashi's own reader does. */
const MOST_LOOKS = 24;

/** Finds the whole blocks in some bytes. */
export function findBlocks(bytes: Uint8Array): Span[] {
  const blocks: Span[] = [];
  let looked = 0;
  for (let at = findSync(bytes); at >= 0; at = findSync(bytes, at)) {
    const length = blockLength(bytes, at);
    if (length > 0) blocks.push({ offset: at, length });
    else looked -= length;
    // Blocks in blocks in blocks were made on purpose: they are passed over whole.
    at += Math.floor(looked / MOST_LOOKS) > at - length ? Math.abs(length) || 1 : Math.max(length, 1);
  }
  return blocks;
}

/** Measures the whole block at `at`; 0 when there is none, less when one seemed to be there, so long. */
function blockLength(bytes: Uint8Array, at: number): number {
  if (bytes.length < at + OVERHEAD || bytes[at + 4] !== 1 || bytes[at + 5] !== 0) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const items = view.getUint32(6, true);
  if (items > MAX_ITEMS || bytes.length < at + OVERHEAD + items) return 0;
  const cursor = new Cursor(bytes, at + HEAD, at + HEAD + items);
  try {
    while (cursor.left > 0) {
      cursor.byte();
      cursor.take(cursor.length());
    }
  } catch {
    return -(items + OVERHEAD);
  }
  const holds = crc32(bytes.subarray(at + 4, at + HEAD + items)) === view.getUint32(HEAD + items, true);
  return holds ? items + OVERHEAD : -(items + OVERHEAD);
}

/** Explains the whole block at `offset`, as {@link findBlocks} returned it. */
export function explainBlock(bytes: Uint8Array, { offset, length }: Span): Block {
  const head = new Explainer(new Cursor(bytes, offset, offset + HEAD));
  const { cursor } = head;
  cursor.take(4);
  head.emit({ name: 'sync marker', meaning: 'a block begins', depth: 0 });
  head.emit({ name: 'version', meaning: String(cursor.byte()), depth: 0 });
  cursor.byte();
  head.emit({ name: 'flags', meaning: 'none is defined', depth: 0 });
  const size = Number(cursor.integer(4));
  head.emit({ name: 'length', meaning: `${counted(size, 'byte')} of items`, depth: 0 });

  const items = explainItems(bytes, offset + HEAD, offset + HEAD + size);

  const tail = new Explainer(new Cursor(bytes, offset + HEAD + size, offset + length));
  const written = Number(tail.cursor.integer(4));
  const holds = crc32(bytes.subarray(offset + 4, offset + HEAD + size)) === written;
  const shown = written.toString(16).toUpperCase().padStart(8, '0');
  tail.emit({ name: 'CRC-32', meaning: `${shown}: ${holds ? 'holds' : 'does not hold'}`, depth: 0, holds });
  return { offset, length, head: head.parts, items, tail: tail.parts, checksumHolds: holds };
}

/** Collects parts: each ends where the cursor stands and begins where the last one ended. */
class Explainer {
  readonly parts: Part[] = [];
  #done: number;

  constructor(readonly cursor: Cursor) {
    this.#done = cursor.at;
  }

  readonly emit: Emit = (part) => {
    this.parts.push({ offset: this.#done, length: this.cursor.at - this.#done, ...part });
    this.#done = this.cursor.at;
  };

  /** Takes what is left as one part. */
  rest(name: string, meaning: string): void {
    this.cursor.at = this.#done;
    if (this.cursor.left === 0) return;
    this.cursor.take(this.cursor.left);
    this.emit({ name, meaning, depth: 0 });
  }
}

/** The item that defines an id. */
interface Definition {
  readonly item: number;
  readonly says: string;
  readonly keys: readonly string[];
}

/** The definitions of a block's ids, so far. */
interface Definitions {
  readonly sites: Map<bigint, Definition>;
  readonly names: Map<bigint, Definition>;
  readonly contexts: Map<bigint, Definition>;
}

function explainItems(bytes: Uint8Array, from: number, to: number): Item[] {
  const defined: Definitions = { sites: new Map(), names: new Map(), contexts: new Map() };
  const items: Item[] = [];
  const cursor = new Cursor(bytes, from, to);
  while (cursor.left > 0) {
    const start = cursor.at;
    cursor.byte();
    const size = cursor.length();
    cursor.take(size);
    items.push(explainItem(bytes, start, cursor.at, cursor.at - size, defined, items.length));
  }
  return items;
}

function explainItem(bytes: Uint8Array, start: number, end: number, body: number, defined: Definitions, index: number): Item {
  const explainer = new Explainer(new Cursor(bytes, start, end));
  const { cursor, emit } = explainer;
  const kind = KINDS[cursor.byte()] ?? 'unknown';
  const uses: number[] = [];
  emit({ name: 'item', meaning: kind === 'unknown' ? 'a kind this page does not know' : kind, depth: 0 });
  cursor.at = body;
  emit({ name: 'length', meaning: `${counted(end - body, 'byte')} of body`, depth: 0 });
  let malformed: string | undefined;
  try {
    if (kind === 'SITE') explainSite(cursor, emit, defined, index);
    else if (kind === 'NAME') explainName(cursor, emit, defined, index);
    else if (kind === 'CONTEXT') explainContext(cursor, emit, defined, index);
    else if (kind === 'RECORD') explainRecord(cursor, emit, defined, uses);
    else if (kind === 'DROPPED') explainDropped(cursor, emit);
    else if (kind === 'BUILD') explainBuild(cursor, emit);
    explainer.rest('more', 'bytes this version does not know; a reader passes over them');
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    malformed = error.message;
    explainer.rest('malformed', malformed);
  }
  const item = { kind, offset: start, length: end - start, parts: explainer.parts, uses };
  return malformed === undefined ? item : { ...item, malformed };
}

function explainSite(cursor: Cursor, emit: Emit, defined: Definitions, index: number): void {
  const id = cursor.leb();
  emit({ name: 'id', meaning: `site ${id} of this block`, depth: 0 });
  const level = explainLevel(cursor, emit);
  const message = cursor.text();
  emit({ name: 'message', meaning: `${quoted(message)}, a template`, depth: 0 });
  const count = cursor.leb();
  emit({ name: 'keys', meaning: counted(count, 'key'), depth: 0 });
  const keys: string[] = [];
  for (let left = count; left > 0n; left--) {
    keys.push(cursor.text());
    emit({ name: 'key', meaning: quoted(keys.at(-1)!), depth: 0 });
  }
  // A device leaves out where it stands.
  if (cursor.left > 0) explainPlace(cursor, emit);
  refuseTwice(keys);
  defined.sites.set(id, { item: index, says: `${level} ${quoted(message)}`, keys });
}

function explainBuild(cursor: Cursor, emit: Emit): void {
  const id = Array.from(cursor.take(cursor.left), hex).join('');
  emit({ name: 'build', meaning: `sites and names are in the ELF file of build ${id}`, depth: 0 });
}

function explainName(cursor: Cursor, emit: Emit, defined: Definitions, index: number): void {
  const id = cursor.leb();
  emit({ name: 'id', meaning: `name ${id} of this block`, depth: 0 });
  const name = cursor.text();
  emit({ name: 'name', meaning: quoted(name), depth: 0 });
  defined.names.set(id, { item: index, says: quoted(name), keys: [] });
}

function explainContext(cursor: Cursor, emit: Emit, defined: Definitions, index: number): void {
  const id = cursor.leb();
  emit({ name: 'id', meaning: `context ${id} of this block`, depth: 0 });
  const keys = explainPairs(cursor, emit);
  refuseTwice(keys);
  defined.contexts.set(id, { item: index, says: keys.join(', '), keys });
}

function explainPlace(cursor: Cursor, emit: Emit): void {
  emit({ name: 'line', meaning: String(cursor.leb()), depth: 0 });
  emit({ name: 'module', meaning: quoted(cursor.text()), depth: 0 });
  emit({ name: 'file', meaning: quoted(cursor.text()), depth: 0 });
}

function explainRecord(cursor: Cursor, emit: Emit, defined: Definitions, uses: number[]): void {
  const flags = cursor.byte();
  if (flags > 63) throw new Malformed(`flags ${hex(flags)}: one of them is not defined`);
  if (flags & FLAG.site && flags & FLAG.place) throw new Malformed(`flags ${hex(flags)}: the place is the site's`);
  const set = Object.entries(FLAG).filter(([, bit]) => flags & bit);
  const listed = set.map(([name, bit]) => `${hex(bit)} ${name}`).join(', ');
  emit({ name: 'flags', meaning: listed || 'none', depth: 0 });
  explainTime(cursor, emit);

  const refer = (name: string, definitions: Map<bigint, Definition>): Definition => {
    const id = cursor.leb();
    const found = definitions.get(id);
    if (!found) throw new Malformed(`${name} ${id} is not in this block`);
    uses.push(found.item);
    emit({ name, meaning: `id ${id}: ${found.says}`, depth: 0 });
    return found;
  };
  let keys: readonly string[] = [];
  if (flags & FLAG.site) {
    keys = refer('site', defined.sites).keys;
  } else {
    explainLevel(cursor, emit);
    emit({ name: 'message', meaning: quoted(cursor.text()), depth: 0 });
  }
  if (flags & FLAG.place) explainPlace(cursor, emit);
  if (flags & FLAG.logger) refer('logger', defined.names);
  if (flags & FLAG.context) refer('context', defined.contexts);
  if (flags & FLAG.sequence) {
    const value = cursor.leb();
    emit({ name: 'sequence', meaning: String(value), depth: 0 });
  }
  for (const key of keys) explainValue(cursor, emit, `value of ${key}`);
  if (flags & FLAG.extra) explainPairs(cursor, emit);
}

function explainDropped(cursor: Cursor, emit: Emit): void {
  explainTime(cursor, emit);
  for (const level of LEVEL_NAMES) emit({ name: 'dropped', meaning: `${cursor.leb()} at ${level}`, depth: 0 });
  const reasons = cursor.leb();
  emit({ name: 'reasons', meaning: counted(reasons, 'reason'), depth: 0 });
  for (let left = reasons; left > 0n; left--) {
    emit({ name: 'reason', meaning: quoted(cursor.text()), depth: 0 });
    emit({ name: 'count', meaning: counted(cursor.leb(), 'record'), depth: 0 });
  }
}

function explainLevel(cursor: Cursor, emit: Emit): string {
  const level = cursor.byte();
  const name = levelName(level);
  if (!name) throw new Malformed(`${level} is no level`);
  emit({ name: 'level', meaning: `${level}: ${name}`, depth: 0 });
  return name;
}

function explainTime(cursor: Cursor, emit: Emit): void {
  const head = cursor.byte();
  const size = head & 0x0f;
  if (size > 8 || head > 0x28) throw new Malformed(`${hex(head)} begins no time`);
  const count = cursor.integer(size);
  if (head < 0x20 && count >= 2n ** 63n) throw new Malformed('a time does not fit 64 bits');
  const meaning =
    head >= 0x20
      ? `${uptime(count)} since the device started`
      : wallTime(head < 0x10 ? count : -1n - count);
  emit({ name: 'time', meaning, depth: 0 });
}

/** Writes nanoseconds since 1970 as RFC 3339 with all its digits. */
function wallTime(nanoseconds: bigint): string {
  const part = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = Number((nanoseconds - part) / 1_000_000_000n);
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}.${String(part).padStart(9, '0')}Z`;
}

function uptime(nanoseconds: bigint): string {
  return `${nanoseconds / 1_000_000_000n}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')} s`;
}

function refuseTwice(keys: readonly string[]): void {
  const seen = new Set<string>();
  const twice = keys.find((key) => seen.size === seen.add(key).size);
  if (twice !== undefined) throw new Malformed(`key ${quoted(twice)} stands twice`);
}
