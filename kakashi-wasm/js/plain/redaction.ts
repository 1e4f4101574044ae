// Which values must not be written, by the path of their keys: the rules of
// kakashi_core::Redaction, in few bytes.

/** The keys around a value, the outermost first. A key with dots in it is several parts. */
export type Path = readonly string[];

/** A path's parts, and the pieces of each between its stars. */
export type Pattern = string[][];

/** ASCII letters match in any case, and no others. */
const fold = (text: string) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

/** Reads a path: `user.card`, `*_token`, `cards[*].number`. */
export function patternOf(path: string): Pattern {
  return fold(path)
    .split('.')
    .map((part) => part.replace(/\[\*\]$/, '').split('*'));
}

/** The path of a key below others. */
export function below(outer: Path, key: string): Path {
  return [...outer, ...fold(key).split('.')];
}

/** Whether the last key of a path, of which `from` parts are around it, is named by a pattern, or the part of it before a dot. */
export function isNamed(patterns: readonly Pattern[], path: Path, from: number): boolean {
  for (let end = path.length; end > from; end--) {
    if (patterns.some((parts) => parts.length <= end && parts.every((pieces, at) => fits(pieces, path[end - parts.length + at]!)))) return true;
  }
  return false;
}

/** Whether a key has a pattern's pieces in their order, in time that grows with its length only. */
function fits(pieces: string[], key: string): boolean {
  let at = 0;
  const last = pieces.length - 1;
  for (let index = 0; index < last; index++) {
    const found = key.indexOf(pieces[index]!, at);
    if (found < 0 || (index === 0 && found > 0)) return false;
    at = found + pieces[index]!.length;
  }
  const end = pieces[last]!;
  return last > 0 ? key.length - at >= end.length && key.endsWith(end) : key === end;
}
