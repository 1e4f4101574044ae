// The lock of a path's files: one process writes them.
//
// JavaScript has no flock(2). The lock is a file with the id of the process that has it, at
// the place where the Rust side has its own; it stays when that process ends, and then
// anybody may take it. Where it can't be known whether a process runs, nobody has the lock.

import { closeSync, openSync, readFileSync, renameSync, statSync, truncateSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { codeOf, pause } from './state.js';

/** How often an empty file is looked at: who has made it writes to it next. */
const LOOKS = 20;
/** How much later than it began a process may seem to have begun, in milliseconds. */
const TOLERANCE_MS = 2000;

/** Returns the path of the lock of a path's files, or of a process's. */
export function lockPath(folder: string, fileName: string, pid: number): string {
  return join(folder, pid === 0 ? `.${fileName}.lock` : `.${fileName}.${pid}.lock`);
}

/** Returns the process that holds a lock, or 0. */
export function holderOf(path: string): number {
  try {
    let text = '';
    for (let looks = 0; looks < LOOKS && !text; looks++) {
      if (looks > 0) pause(1);
      text = readFileSync(path, 'utf8').trim();
      // Given back, or its process was killed before it wrote: long ago.
      if (!text && Date.now() - statSync(path).mtimeMs > TOLERANCE_MS) return 0;
    }
    const pid = Number(text);
    if (!Number.isInteger(pid) || pid <= 0 || !isRunning(pid)) return 0;
    // A process with its number that began later is another one.
    return (startOf(pid) ?? 0) > statSync(path).mtimeMs + TOLERANCE_MS ? 0 : pid;
  } catch {
    return 0;
  }
}

/**
 * Takes a lock, and returns 0; or the process that holds it: this one's own id where another
 * realm of it does. Throws what the system says.
 */
export function acquireLock(path: string): number {
  const aside = `${path}.${process.pid}`;
  for (let tries = 0; tries < LOOKS; tries++) {
    try {
      const fd = openSync(path, 'wx', 0o644);
      try {
        writeSync(fd, `${process.pid}\n`);
      } finally {
        closeSync(fd);
      }
      return 0;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const found = statSync(path, { throwIfNoEntry: false });
    const holder = holderOf(path);
    if (holder > 0) return holder;
    // Of several that want to take it over, one moves this file away.
    try {
      renameSync(path, aside);
      const isOther = statSync(aside).ino !== found?.ino;
      if (isOther) renameSync(aside, path);
      else unlinkSync(aside);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
  return holderOf(path);
}

/** Gives a lock back; its file stays. */
export function releaseLock(path: string): void {
  try {
    if (readFileSync(path, 'utf8').trim() === String(process.pid)) truncateSync(path);
  } catch {
    // It is gone, with its folder.
  }
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // ESRCH: there is none. Deno may not be allowed to ask.
    return codeOf(error) === 'EPERM';
  }
}

/** When a process began, in milliseconds since 1970; nothing where the system does not say (proc(5)). */
function startOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    return Date.now() - (uptime - ticks / 100) * 1000;
  } catch {
    return undefined;
  }
}
