// What an async logger does when as many of its records wait as may.

import { QUEUE_FULL } from '../stats.js';
import { type Core, drop, unsend } from '../engine/emit.js';
import { flushNow } from '../engine/flush.js';
import { RECORD, glance } from '../engine/record-writer.js';
import { DEAD, itemLength, ring, ringState } from '../engine/ring.js';

/** Hand over what waits, or drop: the record that comes, or the oldest. */
export type OnFull = 'flush' | 'dropNewest' | 'dropOldest';

/** Cores that evict, and where each looks for its oldest record. */
const oldest = new Map<Core, number>();

/** Makes the policy of one core. @internal */
export function policyOf(core: Core, capacity: number, onFull: OnFull): void {
  let drains = 0;
  let pending = 0;
  core.isAsync = true;
  core.admits = (level) => {
    if (drains !== ringState.drains) {
      drains = ringState.drains;
      pending = 0;
      oldest.delete(core);
    }
    // An eighth is kept for what must not be pushed out by noise.
    if (pending >= (level < 30 ? capacity - (capacity >> 3) : capacity)) {
      if (onFull === 'dropNewest') return false;
      if (onFull === 'dropOldest') return evict(core);
      flushNow();
    }
    pending++;
    return true;
  };
  // A ring that is full makes room without a sink, and then grows.
  if (onFull !== 'flush') core.makeRoom = compact;
}

/** Takes a core's oldest record below WARNING out of the ring; false where all that is left is evidence. */
function evict(core: Core): boolean {
  const { bytes, pos } = ring;
  for (let at = oldest.get(core) ?? 0, length; at < pos; at += length) {
    length = itemLength(bytes, at);
    if (bytes[at] !== RECORD) continue;
    const { level, logger } = glance(ring, at);
    if (logger !== core.id || level >= 30) continue;
    bytes[at] = DEAD;
    oldest.set(core, at + length);
    unsend(core, level);
    drop(core, level, QUEUE_FULL);
    return true;
  }
  oldest.set(core, pos);
  return false;
}

/** Closes the gaps that evicted records have left; false if they are not worth it. */
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
  // Offsets into the ring are others now.
  oldest.clear();
  return pos - to > bytes.length / 8;
}
