// A disk whose calls may fail: those of node:fs, in this process.

import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const real = Object.fromEntries(Object.entries(fs).filter(([, value]) => typeof value === 'function'));

/** Puts functions in place of those of node:fs; each gets the real one first. */
export function replaceCalls(calls) {
  for (const [name, call] of Object.entries(calls)) fs[name] = (...args) => call(real[name], ...args);
  syncBuiltinESMExports();
}

/** Puts the real ones back. */
export function restoreCalls() {
  Object.assign(fs, real);
  syncBuiltinESMExports();
}

/** What a system's call throws. */
export function systemError(code, call) {
  return Object.assign(new Error(`${code}: no, ${call}`), { code, syscall: call });
}

/** Has `writeSync` take so many bytes more, then none until it is called again with more. */
export function fillDisk(room) {
  replaceCalls({
    writeSync(write, fd, bytes, from = 0, length = bytes.length - from, ...rest) {
      if (typeof bytes === 'string') return write(fd, bytes);
      if (room <= 0) throw systemError('ENOSPC', 'write');
      const taken = write(fd, bytes, from, Math.min(length, room), ...rest);
      room -= taken;
      return taken;
    },
  });
}
