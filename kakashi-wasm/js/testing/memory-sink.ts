// A sink that keeps records, for tests.

import { flushNow } from '../engine/flush.js';
import { checkOptions, level, text } from '../options.js';
import type { Level } from '../record/level.js';
import type { Batch } from '../sinks/batch.js';
import type { Sink } from '../sinks/sink.js';
import { type MemoryRecord, type ReadRecord, recordsOf } from './memory-record.js';

/** Settings of a memory. */
export interface MemoryOptions {
  name?: string;
  level?: Level;
}

/** Records that are kept. */
export interface KeptRecords {
  /** All records until now, whatever is buffered among them. */
  readonly records: readonly MemoryRecord[];
  /** Their lines, as text has them. */
  readonly text: string;
  /** Forgets them. */
  clear(): void;
}

/** A sink that keeps records; made by {@link memorySink}. */
export interface MemorySink extends Sink, KeptRecords {}

/** Keeps records in their order, and hands over what is buffered when it is asked. @internal */
export class RecordList implements KeptRecords {
  private kept: MemoryRecord[] = [];
  private lines: string[] = [];

  add({ record, line }: ReadRecord): void {
    this.kept.push(record);
    this.lines.push(`${line}\n`);
  }

  get records(): readonly MemoryRecord[] {
    flushNow();
    return this.kept;
  }

  get text(): string {
    flushNow();
    return this.lines.join('');
  }

  clear(): void {
    // What was logged before belongs to what is forgotten.
    flushNow();
    this.kept = [];
    this.lines = [];
  }
}

/**
 * Makes a sink that keeps records as objects, redacted like those of all sinks: `sink.records` has what was logged
 * before, without a flush. Where plain JavaScript writes, in React Native, the fields of contexts are among `fields`.
 */
export function memorySink(options: MemoryOptions = {}): MemorySink {
  checkOptions('memorySink', options, { name: text, level });
  const list = new RecordList();
  return {
    name: options.name ?? 'memory',
    level: options.level ?? 0,
    format: 'wire',
    write(batch: Batch) {
      for (const read of recordsOf(batch)) list.add(read);
    },
    get records() {
      return list.records;
    },
    get text() {
      return list.text;
    },
    clear: () => list.clear(),
  };
}
