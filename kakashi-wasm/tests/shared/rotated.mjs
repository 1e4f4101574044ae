// The files of a path, as a reader finds them.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const NAME = /^(?<stem>.*?)\.((?<stamp>\d{4}-\d\d-\d\d(T\d\d(-\d\d-\d\d)?)?)\.)?(?<number>\d{6,})(-(?<pid>\d+))?(?<ending>\.[a-z]+)?(?<gz>\.gz)?$/;

/** The names of a path's files, in the order in which they were begun. */
export function namesIn(folder) {
  return readdirSync(folder)
    .filter((name) => NAME.test(name) && !name.startsWith('.'))
    .sort((one, other) => {
      const [a, b] = [one, other].map((name) => NAME.exec(name).groups);
      return (a.stamp ?? '') < (b.stamp ?? '') ? -1 : (a.stamp ?? '') > (b.stamp ?? '') ? 1 : a.number - b.number || (a.pid ?? 0) - (b.pid ?? 0) || one.length - other.length;
    });
}

/** Each file's bytes, unpacked; a file that is there plain and compressed, as a kill may leave it, is read once. */
export function filesIn(folder) {
  const names = namesIn(folder);
  return names
    .filter((name) => !name.endsWith('.gz') || !names.includes(name.slice(0, -3)))
    .map((name) => {
      const bytes = readFileSync(join(folder, name));
      return { name, bytes: name.endsWith('.gz') ? gunzipSync(bytes) : bytes };
    });
}

/** All lines, in order. */
export function linesIn(folder) {
  return filesIn(folder).flatMap(({ bytes }) => bytes.toString().split('\n').filter(Boolean));
}
