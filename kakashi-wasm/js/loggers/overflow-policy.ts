// What an async logger does when its capacity is reached.

import { QUEUE_FULL } from '../stats.js';
import { drop } from '../engine/emit.js';
import { ended, flushNow } from '../engine/flush.js';
import { RECORD, peekRecord } from '../engine/record-writer.js';
import { DEAD, itemLength, ring, ringState } from '../engine/ring.js';
import type { LoggerCore } from './registry.js';
import { once } from '../realm.js';

/** Flush what is buffered, or drop: the new record, or the oldest. */
export type OnFull = 'flush' | 'dropNewest' | 'dropOldest';

/** For loggers that evict: the offset from which each looks for its oldest record. */
const oldest = /* @__PURE__ */ once('oldest', () => new Map<LoggerCore, number>());

/** Gives a logger its overflow policy. @internal */
export function setOverflowPolicy(core: LoggerCore, capacity: number, onFull: OnFull): void {
  let drains = 0;
  let pending = 0;
  core.isAsync = true;
  core.admits = (level) => {
    if (ended.async) return true;
    if (drains !== ringState.drains) {
      drains = ringState.drains;
      pending = 0;
      oldest.delete(core);
    }
    // An eighth is reserved for WARNING and above.
    if (pending >= (level < 30 ? capacity - (capacity >> 3) : capacity)) {
      if (onFull === 'dropNewest') return false;
      if (onFull === 'dropOldest') return evict(core);
      flushNow();
    }
    pending++;
    return true;
  };
  // A full ring is compacted, without a sink, and then grows.
  if (onFull !== 'flush') core.compact = compact;
}

/** Removes a logger's oldest record below WARNING from the ring; false if it has none. */
function evict(core: LoggerCore): boolean {
  const { bytes, pos } = ring;
  for (let at = oldest.get(core) ?? 0, length; at < pos; at += length) {
    length = itemLength(bytes, at);
    if (bytes[at] !== RECORD) continue;
    const { level, logger } = peekRecord(bytes, at);
    if (logger !== core.id || level >= 30) continue;
    bytes[at] = DEAD;
    oldest.set(core, at + length);
    core.dispatch.count(level, -1);
    drop(core, level, QUEUE_FULL);
    return true;
  }
  oldest.set(core, pos);
  return false;
}

/** Closes the gaps of evicted records; false if that frees little. */
function compact(): boolean {
  const { bytes, pos } = ring;
  let to = 0;
  for (let at = 0, length; at < pos; at += length) {
    length = itemLength(bytes, at);
    if (bytes[at] === DEAD) continue;
    bytes.copyWithin(to, at, at + length);
    to += length;
  }
  ring.pos = to;
  // The offsets of all records have changed.
  oldest.clear();
  return pos - to > bytes.length / 8;
}
