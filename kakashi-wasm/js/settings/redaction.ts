// What must not be written, of the paths that callers give: for the wasm, and for the writer in plain JavaScript.

import { putInRing } from '../engine/engine.js';
import type { Redaction } from '../engine/encoder.js';
import { below, isNamed, patternOf } from '../plain/redaction.js';
import { written } from '../wire/writer.js';
import { redactionPath } from './redaction-path.js';

/** What stands in place of a value that must not be written. */
const REDACTED = '"[REDACTED]"';

/** Makes the redaction of paths; of none, none. Throws a RangeError for a path that can match nothing. @internal */
export function redactionOf(given: readonly string[] = []): Redaction | undefined {
  if (given.length === 0) return undefined;
  const paths = given.map(redactionPath);
  const patterns = paths.map(patternOf);
  const redaction: Redaction = {
    pass(encoder, dispatch) {
      if (encoder.plain) return encoder.plain(dispatch, redaction);
      const bytes = written((out) => paths.forEach((path) => out.text(path)));
      putInRing(bytes);
      encoder.redact!(dispatch, bytes.length);
    },
    cover(outer, key, print) {
      const path = below(outer, key);
      const printed = print(path);
      return isNamed(patterns, path, outer.length) ? REDACTED : printed;
    },
  };
  return redaction;
}
