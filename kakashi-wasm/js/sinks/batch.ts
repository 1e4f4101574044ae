// A batch: encoded records for a sink.

import { utf8 } from '../wire/utf8.js';

/** The form of a batch's bytes. */
export type Format = 'text' | 'json' | 'pretty' | 'wire';

/** Records in the form that the sink asked for. Its bytes are its own: keep them as long as you like. */
export class Batch {
  private decoded: string | undefined;

  /** @internal */
  constructor(
    /** One block of lines, or of the wire. */
    readonly bytes: Uint8Array,
    /** How many records; announcements of drops are lines, but no records. */
    readonly count: number,
    /** How many records were dropped before it. */
    readonly dropped: number,
    /** The highest level in it. */
    readonly level: number,
    readonly format: Format,
    /** For each line a word that is nobody's, and its level. @internal */
    readonly ends: Uint32Array,
  ) {}

  /** The lines as one text; of the wire there is none. */
  get text(): string {
    return (this.decoded ??= this.format === 'wire' ? '' : utf8.decoder.decode(this.bytes));
  }

  /** The lines, without their ends, each with its level. */
  *lines(): Generator<{ level: number; text: string }> {
    let start = 0;
    for (let index = 1; index < this.ends.length && this.text; index += 2) {
      // A line feed ends a line and stands nowhere else, but in the traces of pretty records.
      let end = this.text.indexOf('\n', start);
      while (this.format === 'pretty' && this.text[end + 1] === ' ') end = this.text.indexOf('\n', end + 1);
      yield { level: this.ends[index]!, text: this.text.slice(start, end) };
      start = end + 1;
    }
  }
}
