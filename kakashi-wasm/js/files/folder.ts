// The files of a path that lie in its folder.

import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type FileName, type FileState, type Naming, compareNames } from './names.js';

/** A file of a path. */
export interface FoundFile {
  readonly name: FileName;
  readonly state: FileState;
  readonly path: string;
  readonly bytes: number;
  /** When it was written last, in milliseconds. */
  readonly modified: number;
}

/** Lists the files of a path, in order of their names. Throws when the folder can't be read. */
export function filesOf(naming: Naming, folder: string): FoundFile[] {
  const found: FoundFile[] = [];
  for (const text of readdirSync(folder)) {
    const parsed = naming.parse(text);
    if (!parsed) continue;
    const path = join(folder, text);
    // Of a link this is the link's; one that another process has removed is gone.
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isFile()) found.push({ ...parsed, path, bytes: stats.size, modified: stats.mtimeMs });
  }
  return found.sort((one, other) => compareNames(one.name, other.name) || (one.path < other.path ? -1 : 1));
}
