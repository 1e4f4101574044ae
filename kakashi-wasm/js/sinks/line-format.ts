// Forms of lines that are made of others in JavaScript: what the module of wasm does not write itself.

import { utf8Bytes } from '../wire/utf8.js';
import { Batch, type Format } from './batch.js';
import type { SinkQueue } from './sink-queue.js';
import type { LineFormat } from './sink.js';
import { once } from '../realm.js';

const formats = /* @__PURE__ */ once('lineFormats', () => new WeakMap<SinkQueue, LineFormat>());

/** The form that a queue's lines are given, if it has one of these. @internal */
export function lineFormatOf(queue: SinkQueue): LineFormat | undefined {
  return formats.get(queue);
}

/** Has a queue give its lines a form before they wait for the sink. @internal */
export function useLineFormat(queue: SinkQueue, lines: LineFormat): void {
  formats.set(queue, lines);
  (queue as { format: Format }).format = 'json';
  const { add } = queue;
  queue.add = (batch, announced) => add.call(queue, formed(batch, lines), announced);
}

/** The same records, each with its new line. */
function formed(batch: Batch, { line }: LineFormat): Batch {
  const { count, dropped, level, ends } = batch;
  const lines = [...batch.lines()].map(({ text }) => `${line(text)}\n`);
  return new Batch(utf8Bytes(lines.join('')), count, dropped, level, 'json', ends);
}
