/**
 * Holds the latest rows, at most a million, and the numbers of those that pass the filter.
 *
 * A row's number is the count of rows before it; it never changes. Filtering is done
 * in slices, so that the page stays responsive while a million rows are read. It
 * uses nothing of the page.
 */

import type { Chunk } from './chunk';
import { EVERYTHING, matches, type Filter } from './filter';
import type { Row } from './row';
import { yieldToPage } from './yield_to_page';

interface StoredChunk {
  readonly chunk: Chunk;
  /** The number of its first row. */
  readonly first: number;
  readonly source: string;
}

/** A row, and where it came from. */
export interface SelectedRow {
  readonly number: number;
  readonly row: Row;
  readonly chunk: Chunk;
  /** Its index in the chunk. */
  readonly index: number;
  readonly source: string;
}

const SLICE_MILLIS = 16;
const ROWS_CACHED = 12;

export class Records {
  /** Called when rows came, went or were filtered. */
  changed: () => void = () => {};
  #chunks: StoredChunk[] = [];
  #end = 0;
  #bytes = 0;
  #filter: Filter = EVERYTHING;
  /** The numbers of rows that pass; not kept while everything does. */
  #passing: number[] = [];
  /** Rows before this one have been tested. */
  #tested = 0;
  #testing = false;
  #cache = new Map<Chunk, Row[]>();

  constructor(readonly most: number) {}

  get first(): number {
    return this.#chunks[0]?.first ?? this.#end;
  }
  /** The count of all rows, also those that are not held any more. */
  get arrived(): number {
    return this.#end;
  }
  get count(): number {
    return this.#end - this.first;
  }
  get bytes(): number {
    return this.#bytes;
  }
  /** How many pass the filter, as far as they have been tested. */
  get passing(): number {
    return this.#all ? this.count : this.#passing.length;
  }
  /** How much of the filter's work is done, 0 to 1. */
  get progress(): number {
    return this.#all || this.count === 0 ? 1 : Math.max(0, this.#tested - this.first) / this.count;
  }
  get #all(): boolean {
    return this.#filter.minLevel === 0 && this.#filter.terms.length === 0;
  }

  push(chunk: Chunk, source: string): void {
    if (chunk.levels.length === 0) return;
    this.#chunks.push({ chunk, first: this.#end, source });
    this.#end += chunk.levels.length;
    this.#bytes += chunk.bytes;
    this.#forgetOldest();
    this.#test();
    this.changed();
  }

  clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
    this.#passing = [];
    this.#tested = this.#end;
    this.#cache.clear();
    this.changed();
  }

  filter(filter: Filter): void {
    this.#filter = filter;
    this.#passing = [];
    this.#tested = this.first;
    this.#test();
    this.changed();
  }

  /** Returns the row at a position among those that pass. */
  at(position: number): SelectedRow | undefined {
    const number = this.#all ? this.first + position : this.#passing[position];
    return number === undefined ? undefined : this.byNumber(number);
  }

  byNumber(number: number): SelectedRow | undefined {
    const stored = this.#chunks[this.#chunkOf(number)];
    if (!stored || number >= stored.first + stored.chunk.levels.length) return undefined;
    const index = number - stored.first;
    const row = this.#rows(stored.chunk)[index];
    return row && { number, row, chunk: stored.chunk, index, source: stored.source };
  }

  /** Finds a row among those that pass; −1 when it is not there. */
  positionOf(number: number): number {
    if (this.#all) return number >= this.first && number < this.#end ? number - this.first : -1;
    const at = lowerBound(this.#passing.length, (index) => this.#passing[index]! < number);
    return this.#passing[at] === number ? at : -1;
  }

  #chunkOf(number: number): number {
    return lowerBound(this.#chunks.length, (index) => this.#chunks[index]!.first <= number) - 1;
  }

  #rows(chunk: Chunk): Row[] {
    const rows = this.#cache.get(chunk) ?? chunk.rows();
    // The most recently used one is the last.
    this.#cache.delete(chunk);
    this.#cache.set(chunk, rows);
    if (this.#cache.size > ROWS_CACHED) this.#cache.delete(this.#cache.keys().next().value!);
    return rows;
  }

  #forgetOldest(): void {
    let gone = 0;
    // The last one stays, however large it is.
    while (gone < this.#chunks.length - 1 && this.#end - this.#chunks[gone]!.first > this.most) {
      this.#bytes -= this.#chunks[gone]!.chunk.bytes;
      this.#cache.delete(this.#chunks[gone]!.chunk);
      gone++;
    }
    if (gone === 0) return;
    this.#chunks.splice(0, gone);
    this.#tested = Math.max(this.#tested, this.first);
    this.#passing.splice(0, lowerBound(this.#passing.length, (index) => this.#passing[index]! < this.first));
  }

  /** Tests what has not been tested: a slice at once, the others later. */
  #test(): void {
    if (this.#all || this.#testing) return;
    this.#testSlice();
    if (this.#tested >= this.#end) return;
    this.#testing = true;
    void yieldToPage().then(() => {
      this.#testing = false;
      this.#test();
      this.changed();
    });
  }

  #testSlice(): void {
    const until = performance.now() + SLICE_MILLIS;
    while (this.#tested < this.#end && performance.now() < until) {
      const { chunk, first } = this.#chunks[this.#chunkOf(this.#tested)]!;
      const end = first + chunk.levels.length;
      const wordless = this.#filter.terms.length === 0;
      // Not put into the cache: it is for the rows in view.
      const rows = wordless ? [] : (this.#cache.get(chunk) ?? chunk.rows());
      for (; this.#tested < end; this.#tested++) {
        const index = this.#tested - first;
        if (chunk.levels[index]! < this.#filter.minLevel) continue;
        if (wordless || matches(this.#filter, rows[index]!)) this.#passing.push(this.#tested);
      }
    }
  }
}

/** Finds the first index for which `before` is false. */
function lowerBound(length: number, before: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
