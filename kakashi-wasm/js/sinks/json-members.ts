// Takes a JSON line apart without reading its values: integers may have more digits than a number holds.

/** A key, as it is escaped, and its value's JSON. */
export type Member = readonly [key: string, json: string];

const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^,}\]]+/y;

/** The members of a line that an encoder of ours has written: there are no blanks between them. */
export function membersOf(line: string): Member[] {
  const members: Member[] = [];
  for (let at = 1; at < line.length - 1; at++) {
    const colon = endOf(STRING, line, at);
    const end = valueEnd(line, colon + 1);
    members.push([line.slice(at + 1, colon - 1), line.slice(colon + 1, end)]);
    at = end;
  }
  return members;
}

function endOf(pattern: RegExp, line: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(line) ? pattern.lastIndex : line.length;
}

function valueEnd(line: string, at: number): number {
  if (line[at] === '"') return endOf(STRING, line, at);
  if (line[at] !== '{' && line[at] !== '[') return endOf(SCALAR, line, at);
  for (let depth = 0; at < line.length; ) {
    const character = line[at]!;
    if (character === '"') {
      at = endOf(STRING, line, at);
      continue;
    }
    at++;
    if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) break;
  }
  return at;
}
