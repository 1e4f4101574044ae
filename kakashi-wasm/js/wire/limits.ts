// How much of a record is written, whatever is logged.

import { once } from '../realm.js';

/** Limits of one record. What exceeds them is cut, and the line says so. */
export interface Limits {
  /** How deep lists and maps nest, 0 to 16. At first 8. */
  depth: number;
  /** Items of one list or map, and fields of a record. At first 1,000. */
  items: number;
  /** Bytes of a record before it is encoded, about: of its message and fields. At first 65,536. */
  bytes: number;
}

/** The limits that hold now. @internal */
export const limits: Limits = /* @__PURE__ */ once('limits', () => ({ depth: 8, items: 1000, bytes: 64 << 10 }));
