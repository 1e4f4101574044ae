// What the module of wasm does, in plain JavaScript: for where it can't be had.
//
// It reads the ring as the module does; its lines are the module's, byte for byte (the
// shared vectors say so). It is several times slower, makes text in place of pretty lines
// and JSON in place of the wire, and decodes nothing.

import type { Encoder, Redaction } from '../engine/encoder.js';
import { itemLength, ring } from '../engine/ring.js';
import { LEVEL_NAMES, LEVELS } from '../record/level.js';
import { Batch } from '../sinks/batch.js';
import { type DropCounts, dropIndex, noDrops, sumsOf } from '../stats.js';
import { leb } from '../wire/leb.js';
import { utf8Bytes } from '../wire/utf8.js';
import { escapeText, messageText, quoted, time, word } from './line.js';
import { type Pair, ValuePrinter } from './value-printer.js';

/** The names that a JSON line has for itself. */
const RESERVED = /^(timestamp|level|logger|message|file|line)_*$/;

/** The lines of one sink, until they are taken as a batch. */
class PlainBatch {
  declare text: string;
  declare lines: number[];
  declare records: number;
  declare level: number;
  /** Drops that no line announces yet, and how many the lines do. */
  drops: DropCounts | undefined;
  declare announced: number;

  constructor(
    readonly json: boolean,
    readonly threshold: number,
    readonly most: number,
  ) {
    this.clear();
  }

  private clear(): void {
    Object.assign(this, { text: '', lines: [], records: 0, level: 0, announced: 0 });
  }

  /** Appends the line of a record. */
  append(micros: number, level: number, logger: string, message: string, pairs: Pair[]): void {
    const { json } = this;
    const at = time(micros);
    const name = LEVEL_NAMES[LEVELS.indexOf(level)];
    this.text += json
      ? `{"timestamp":"${at}","level":"${name}","logger":${quoted(logger)},"message":${quoted(message)}`
      : `${at} ${name} ${word(logger)} ${messageText(message)}`;
    const seen = new Set<string>();
    for (const [key, value] of pairs) {
      // Of two fields with one key the first counts.
      if (seen.has(key)) continue;
      seen.add(key);
      this.text += (json ? `,"${escapeText(key)}${RESERVED.test(key) ? '_' : ''}":` : ` ${word(key)}=`) + value;
    }
    this.text += json ? '}\n' : '\n';
    this.lines.push(0, level);
    this.level = Math.max(this.level, level);
  }

  /** Appends the line that says which records were dropped. */
  announce(micros: number): void {
    if (!this.drops) return;
    const { total, byLevel, byReason } = sumsOf(this.drops);
    const counts = (of: object) => JSON.stringify(of, (_, count) => count || undefined);
    this.drops = undefined;
    this.announced += total;
    this.append(micros, 30, 'kakashi', 'Records were dropped', [
      ['dropped', `${total}`],
      ['levels', counts(byLevel)],
      ['reasons', counts(byReason)],
    ]);
  }

  /** Takes the lines as a batch, if there are any. */
  take(): Batch | undefined {
    const { text, lines, records, announced, level } = this;
    if (!text) return undefined;
    this.clear();
    return new Batch(utf8Bytes(text), records, announced, level, this.json ? 'json' : 'text', Uint32Array.from(lines));
  }
}

interface PlainDispatch {
  batches: PlainBatch[];
  redaction?: Redaction;
}

/** Makes what works as a module of wasm would. @internal */
export function plainWriter(): Encoder {
  const dispatches: PlainDispatch[] = [];
  const sites: { level: number; message: string; keys: string[] }[] = [];
  const loggers: { name: string; dispatch: number }[] = [];
  /** The pairs of each context. */
  const contexts: Uint8Array[] = [];

  /** Puts what an item says into the tables. */
  function learn(kind: number, item: ValuePrinter, end: number): void {
    const id = leb(item);
    if (kind === 1) {
      const level = item.bytes[item.at++]!;
      // The writer has doubled all braces: no message of ours is a template.
      const message = item.text().replace(/([{}])\1/g, '$1');
      sites[id] = { level, message, keys: Array.from({ length: leb(item) }, () => item.text()) };
    } else if (kind === 2) {
      loggers[id] = { name: item.text(), dispatch: leb(item) };
    } else {
      contexts[id] = item.bytes.slice(item.at, end);
    }
  }

  /** Writes a record to its batches; whether one of them is full now. */
  function write(head: ValuePrinter, end: number): boolean {
    const { bytes, view, at } = head;
    const flags = bytes[at]!;
    const micros = Number(view.getBigUint64(at + 2, true) / 1000n);
    head.at += 10;
    const { level, message, keys } = flags & 1 ? sites[leb(head)]! : { level: bytes[head.at++]!, message: head.text(), keys: [] };
    const { name, dispatch } = loggers[leb(head)]!;
    const context = flags & 4 ? contexts[leb(head)]! : new Uint8Array();
    const { batches, redaction } = dispatches[dispatch]!;
    let full = false;
    for (const batch of batches) {
      if (level < batch.threshold) continue;
      batch.announce(micros);
      const own = new ValuePrinter(bytes, head.at, redaction);
      batch.append(micros, level, name, message, [
        ...keys.map((key): Pair => [key, own.field(key, batch.json)]),
        ...own.pairs(end, batch.json),
        ...new ValuePrinter(context, 0, redaction).pairs(context.length, batch.json),
      ]);
      batch.records++;
      full ||= batch.text.length >= batch.most;
    }
    return full;
  }

  return {
    plain(id, redaction) {
      dispatches[id]!.redaction = redaction;
    },
    dispatch(id) {
      dispatches[id] = { batches: [] };
    },
    destination(id, format, threshold, most) {
      dispatches[id]!.batches.push(new PlainBatch(format === 1 || format === 4, threshold, most));
    },
    take(from, end) {
      const { bytes } = ring;
      for (let full = false; from < end && !full; ) {
        const kind = bytes[from]!;
        const item = new ValuePrinter(bytes, from + 5);
        from += itemLength(bytes, from);
        if (kind < 4) learn(kind, item, from);
        else if (kind === 4) full = write(item, from);
      }
      return from;
    },
    // A new dispatch is asked for batches before it is passed.
    batch: (id, at) => dispatches[id]?.batches[at]?.take(),
    add_dropped(id, at, level, reason, records) {
      (dispatches[id]!.batches[at]!.drops ??= noDrops())[dropIndex(level, reason)]! += records;
    },
    announce(id, micros) {
      for (const batch of dispatches[id]!.batches) batch.announce(micros);
    },
    forget() {
      sites.length = loggers.length = contexts.length = 0;
    },
  };
}
