// Files that follow one another, and what all sinks of this realm for one path share.
//
// A program that changes its settings opens the path a second time while the first sink still
// writes: the newer settings hold for both.

import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Batch } from '../sinks/batch.js';
import { ActiveFile } from './active-file.js';
import { BatchPart } from './appender.js';
import { ClosedFiles } from './closed-files.js';
import { FileError } from './file-error.js';
import { type FileSink, countWrite, noCounts } from './file-sink.js';
import { acquireLock, lockPath, releaseLock } from './lock.js';
import { type RotatingFileOptions, type RotationSettings, checkedRotation, sinkOptions } from './settings.js';
import { type OpenFile, notice, openFiles, textOf } from './state.js';

/** The files of a path, and its lock. */
class RotatingFile implements OpenFile {
  readonly counts = noCounts();
  private closed: ClosedFiles | undefined;
  private active: ActiveFile | undefined;
  private lock: string | undefined;
  /** Another process has the lock: this one's files have its id in their names. */
  private isApart = false;
  private isAsked = false;
  /** The loss of its place, which was reported. */
  private isReported = false;

  constructor(
    private settings: RotationSettings,
    private readonly key: string,
  ) {
    this.open();
  }

  get path(): string {
    return this.active?.path ?? this.settings.path;
  }

  /** Goes on by newer settings. */
  use(settings: RotationSettings): void {
    const before = this.settings;
    this.settings = settings;
    try {
      if (!this.active) return this.open();
      const isOther = Boolean(before.pidInNames) !== Boolean(settings.pidInNames);
      if (isOther || !this.active.goOnBy(this.effective())) this.replace(isOther);
    } catch (error) {
      this.settings = before;
      throw error;
    }
  }

  write(batch: Batch): void {
    try {
      if (!this.active) this.open();
      const now = this.settings.now();
      if (this.active!.isLost(now, this.isAsked)) this.findAgain();
      this.isAsked = false;
      this.active!.write(new BatchPart(batch.bytes, batch.format), now);
    } catch (error) {
      const failure = error instanceof FileError ? error : new FileError(this.settings.path, error);
      countWrite(this.counts, batch, failure);
      throw failure;
    }
    countWrite(this.counts, batch);
  }

  sync(): void {
    this.active?.sync();
  }

  reopen(): void {
    this.isAsked = true;
    if (!this.active?.isLost(this.settings.now(), true)) return;
    try {
      this.findAgain();
      this.isAsked = false;
    } catch {
      // It was reported; the next batch tries again.
    }
  }

  close(): void {
    openFiles.delete(this.key);
    this.active?.close();
    this.active = undefined;
    this.unlock();
  }

  private open(): void {
    this.replace(true);
    openFiles.set(this.key, this);
  }

  /** The settings, for a process that has not got the lock. */
  private effective(): RotationSettings {
    return this.isApart ? { ...this.settings, pidInNames: true, linkPath: undefined } : this.settings;
  }

  /** Opens the newest file, or begins the next, in place of the one that is open; takes the lock before, if it is to. */
  private replace(isToLock: boolean): void {
    mkdirSync(this.settings.folder, { recursive: true });
    if (isToLock) this.acquire();
    const settings = this.effective();
    const pid = settings.pidInNames ? process.pid : 0;
    // One for all that open the path: it must not meet another one at work.
    if (this.closed?.pid !== pid) this.closed = new ClosedFiles(pid, this.counts);
    const opened = new ActiveFile(settings, pid, this.closed, this.counts);
    this.active?.close();
    this.active = opened;
  }

  private acquire(): void {
    const { folder, fileName, pidInNames, path } = this.settings;
    const locked = (pid: number) => {
      const lock = lockPath(folder, fileName, pid);
      const holder = acquireLock(lock);
      // Another realm of this process: both append to the same files.
      if (holder > 0 && holder !== process.pid) return holder;
      if (this.lock !== lock) this.unlock();
      this.lock = lock;
      return 0;
    };
    const holder = locked(pidInNames ? process.pid : 0);
    if (holder > 0 && !this.isApart) notice(`${path} is written by process ${holder}: files of this one have its id in their names`);
    this.isApart = holder > 0;
    if (this.isApart) locked(process.pid);
  }

  private unlock(): void {
    if (this.lock) releaseLock(this.lock);
    this.lock = undefined;
  }

  /** Makes the folder again, takes its lock and begins a file there. */
  private findAgain(): void {
    try {
      this.replace(true);
    } catch (error) {
      this.active!.lookAgain();
      if (!this.isReported) notice(`the file of ${this.settings.path} was moved or removed, and there is no new one: ${textOf(error)}`);
      this.isReported = true;
      throw error;
    }
    this.counts.reopened++;
    if (!this.isReported) notice(`${this.settings.path}: its file was moved or removed; it goes on in a new one`);
    this.isReported = false;
  }
}

/**
 * Appends to the newest of a path's files; the next begins by size, hour or day. Of `logs/shop.log` files such as
 * `logs/shop.2026-11-30.000000.log` are made, and `logs/shop.log` is a symbolic link to the one that is written. A
 * record is never divided between two files. Opens its file at once: throws where a setting makes no sense, or the
 * system refuses a folder or a file.
 */
export function rotatingFileSink(path: string, options: RotatingFileOptions = {}): FileSink {
  const settings = checkedRotation(path, options);
  mkdirSync(settings.folder, { recursive: true });
  const key = `rotating ${join(realpathSync(settings.folder), settings.fileName)}`;
  const known = openFiles.get(key) as RotatingFile | undefined;
  known?.use(settings);
  const file = known ?? new RotatingFile(settings, key);
  return {
    ...sinkOptions(options),
    name: `file ${path}`,
    colours: false,
    target: file,
    get file() {
      return file.path;
    },
    write: (batch) => file.write(batch),
    stats: () => ({ ...file.counts }),
    sync: () => file.sync(),
    close: () => file.close(),
  };
}
