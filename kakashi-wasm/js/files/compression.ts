// Compression of a closed file: made beside it under another name, and renamed when it is on
// the disk. It takes turns with the program, and does not keep it alive.

import {
  type Stats, closeSync, fchmodSync, fchownSync, fstatSync, fsyncSync, futimesSync, openSync, readSync, renameSync, statSync, unlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import * as timers from 'node:timers';
import { createGzip } from 'node:zlib';
import { writeSome } from './appender.js';
import { temporaryName } from './names.js';

/** What is compressed in one turn. */
const CHUNK = 256 << 10;

/** The real one: a test may put a fake one in its place. */
const { setTimeout: later } = timers;

/** Lets the program go on, or end if it has nothing else to do. */
function turn(): Promise<void> {
  return new Promise((resolve) => void later(resolve, 0).unref());
}

/**
 * Compresses a closed file; returns the compressed one. After a kill at any step there is the
 * file, or its compressed form, or both and the latter is whole. Rejects when something can't
 * be read or written, or the file is still written to: then it stays as it is.
 */
export async function gzipFile(plain: string): Promise<string> {
  const compressed = `${plain}.gz`;
  const folder = dirname(plain);
  const temporary = join(folder, temporaryName(basename(compressed)));
  const source = openSync(plain, 'r');
  try {
    const copied = await write(source, temporary, fstatSync(source));
    refuseGrown(source, copied);
    renameSync(temporary, compressed);
    // Before its only other copy goes.
    syncFolder(folder);
    try {
      refuseGrown(source, copied);
    } catch (error) {
      unlinkSync(compressed);
      throw error;
    }
    unlinkSync(plain);
    return compressed;
  } finally {
    closeSync(source);
  }
}

/**
 * Writes the compressed form, with the mode, owner and age of the file, to the disk; returns how much of the file
 * that is. The temporary file is made by one: another realm, or a process that takes this one for dead, may be at it.
 */
async function write(source: number, temporary: string, { mode, uid, gid, atime, mtime }: Stats): Promise<number> {
  const target = openSync(temporary, 'wx', mode & 0o777);
  const { ino } = fstatSync(target);
  const isOwn = () => statSync(temporary, { throwIfNoEntry: false })?.ino === ino;
  try {
    fchmodSync(target, mode & 0o777);
    try {
      fchownSync(target, uid, gid);
    } catch {
      // Who may not give files away keeps them.
    }
    const copied = await copy(source, target);
    // Its age is that of its records.
    futimesSync(target, atime, mtime);
    fsyncSync(target);
    if (!isOwn()) throw new Error('somebody else has begun it anew');
    return copied;
  } catch (error) {
    if (isOwn()) unlinkSync(temporary);
    throw error;
  } finally {
    closeSync(target);
  }
}

async function copy(source: number, target: number): Promise<number> {
  const gzip = createGzip();
  const parts: Uint8Array[] = [];
  gzip.on('data', (part: Uint8Array) => parts.push(part));
  const drain = () => {
    for (const part of parts.splice(0)) for (let done = 0; done < part.length; ) done += writeSome(target, part, done);
  };
  let copied = 0;
  for (;;) {
    const chunk = new Uint8Array(CHUNK);
    const length = readSync(source, chunk, 0, CHUNK, copied);
    if (length === 0) break;
    copied += length;
    await new Promise<void>((resolve, reject) => gzip.write(chunk.subarray(0, length), (error) => (error ? reject(error) : resolve())));
    drain();
    await turn();
  }
  await new Promise((resolve, reject) => gzip.once('end', resolve).once('error', reject).end());
  drain();
  return copied;
}

function refuseGrown(source: number, copied: number): void {
  const { size } = fstatSync(source);
  if (size !== copied) throw new Error(`it has grown from ${copied} to ${size} bytes meanwhile`);
}

/** Brings the names in a folder to the disk. */
export function syncFolder(folder: string): void {
  // A folder can't be opened on Windows; the system logs its changes.
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
