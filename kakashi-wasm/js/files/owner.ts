// Whose a file is, and who may read it.

import { fchmodSync, fchownSync, fstatSync } from 'node:fs';
import type { FileOptions } from './settings.js';

/** Sets the owner and the mode of an open file. */
export function setOwner({ mode, owner }: FileOptions, fd: number): void {
  if (owner) {
    const { uid, gid } = fstatSync(fd);
    fchownSync(fd, owner.user ?? uid, owner.group ?? gid);
  }
  // After the owner, whose change takes bits away; not what the umask leaves of it.
  if (mode !== undefined) fchmodSync(fd, mode);
}
