// Where the lines of a batch end, what of it its sink has taken, and the rest.

import { Batch, type Format } from './batch.js';

const NEWLINE = 10;
const SPACE = 32;

/** Returns where each line ends, after its line feed; of the wire there are none. @internal */
export function lineEnds(bytes: Uint8Array, format: Format): number[] {
  const ends: number[] = [];
  if (format === 'wire') return ends;
  for (let end = bytes.indexOf(NEWLINE) + 1; end > 0; end = bytes.indexOf(NEWLINE, end) + 1) {
    // A line feed stands nowhere else, but in the traces of pretty records.
    if (format !== 'pretty' || bytes[end] !== SPACE) ends.push(end);
  }
  return ends;
}

/** Returns a batch's first lines, as many as end within so many bytes, and the others: at least one. @internal */
export function splitBatch(batch: Batch, bytes: number): [Batch, Batch] {
  const { ends: levels, dropped, format } = batch;
  const ends = lineEnds(batch.bytes, format);
  // As many lines of level WARNING, the first of them, are announcements, which are no records.
  let announcements = levels.length / 2 - batch.count;
  let lines = 0;
  let count = 0;
  for (; lines < ends.length - 1 && ends[lines]! <= bytes; lines++) {
    if (announcements > 0 && levels[2 * lines + 1] === 30) announcements--;
    else count++;
  }
  const cut = ends[lines - 1] ?? 0;
  const part = (bytes: Uint8Array, levels: Uint32Array, count: number, dropped: number) => {
    const level = levels.reduce((highest, value, at) => (at % 2 === 1 && value > highest ? value : highest), 0);
    return new Batch(bytes, count, dropped, level, format, levels);
  };
  const announced = count < lines ? dropped : 0;
  return [
    part(batch.bytes.subarray(0, cut), levels.slice(0, 2 * lines), count, announced),
    part(batch.bytes.subarray(cut), levels.slice(2 * lines), batch.count - count, dropped - announced),
  ];
}
