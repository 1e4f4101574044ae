// What writes where the wasm can't be had, or is late.

import { isStarted } from '../engine/engine.js';
import { install, lastResort } from '../engine/flush.js';
import { plainWriter } from '../plain/plain-writer.js';
import { report } from '../sinks/sink-queue.js';
import { after, cancel } from '../timers.js';
import { messageOf } from '../wire/value.js';

/** How long records wait for the wasm. */
const LATE_MS = 3000;

/** Starts the writer in plain JavaScript, and says why. @internal */
export function writePlainly(reason: unknown): void {
  if (isStarted()) return;
  install(plainWriter);
  report(new Error(`kakashi: plain JavaScript writes, for the wasm can't be had: ${messageOf(reason)}`));
}

/** Starts the engine with the wasm, or without it where that fails or takes long. @internal */
export async function startWith(load: () => PromiseLike<void>): Promise<void> {
  lastResort.start = () => writePlainly('records must be written before it has come');
  const late = after(LATE_MS, () => writePlainly(`it has not come in ${LATE_MS} ms`));
  try {
    await load();
  } catch (error) {
    writePlainly(error);
  }
  cancel(late);
}
