// Paths of values that must not be written, as callers give them.

const RIGHT =
  'use keys with dots between ("user.card"), * for any characters of a key ("*_token", "*.token"), [*] for the items of a list ("items[*].pin"), quotes for other keys (\'headers["x-api-key"]\')';

/** Returns a path as kakashi_core::Redaction takes it. Throws a RangeError if it can match nothing, and says what would be right. @internal */
export function redactionPath(given: string): string {
  const path = given.replace(/\[(["'])(.*?)\1\]/g, '.$2').replace(/^\./, given.startsWith('[') ? '' : '.');
  for (const part of path.split('.')) {
    const key = part.replace(/\[\*\]$/, '');
    const why =
      key === '' ? 'it has an empty part' :
      key.trim() !== key ? 'it has blanks around a part' :
      key.includes('**') ? 'two stars say no more than one' :
      key === '$' ? 'paths begin with a key, at any depth' :
      /\[\d*\]$/.test(key) ? 'items of a list are not told apart' : undefined;
    if (why) throw new RangeError(`the path ${JSON.stringify(given)} can't be redacted: ${why}; ${RIGHT}`);
  }
  return path;
}
