// The file that is written, and the step to the next one.
//
// A step makes a new file under its final name, then points the link to it: nothing is
// renamed while it is written, so a kill at any moment leaves whole files in order. Where a
// step fails (no rights, no room) the file goes on beyond its limit, which is reported once,
// and the step is tried again a second later.

import {
  closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, renameSync, statSync, symlinkSync, unlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Appender, type BatchPart } from './appender.js';
import type { ClosedFiles } from './closed-files.js';
import { FileError } from './file-error.js';
import type { FileStats } from './file-sink.js';
import { filesOf } from './folder.js';
import type { FileName } from './names.js';
import { setOwner } from './owner.js';
import type { FileOptions, RotationSettings } from './settings.js';
import { codeOf, notice, textOf } from './state.js';

/** Seconds between two looks whether the file is still there, and between two attempts to begin the next. */
const PAUSE = 1;
/** Seconds between two looks at closed files while none is closed. */
const AGES_PAUSE = 3600;
/** After so many seconds without a full disk a full one is reported anew. */
const FULL_PAUSE = 3600;
/** How many names are tried: somebody else may have made files by them. */
const NAMES = 1000;

const { O_APPEND, O_CREAT, O_EXCL, O_RDWR } = constants;

/** A file of its name, open. */
interface Opened {
  readonly name: FileName;
  readonly path: string;
  readonly fd: number;
}

/** See the module. */
export class ActiveFile {
  path: string;
  private name: FileName;
  private appender: Appender;
  private inode: bigint;
  /** Its length, as the system said before the last write. */
  private written = 0;
  /** The second after its period. */
  private endsAt: number;
  private lookedAt: number;
  private agesLookedAt: number;
  private failedAt = -Infinity;
  /** When a file was removed to make room. */
  private fullAt = -Infinity;
  private isReported = false;

  /** Goes on with the newest file, or begins one. Throws what the system says. */
  constructor(
    private settings: RotationSettings,
    private readonly pid: number,
    private readonly closed: ClosedFiles,
    private readonly counts: FileStats,
  ) {
    const { naming, folder, calendar, maxBytes = Infinity, numbered } = settings;
    const now = settings.now();
    const newest = filesOf(naming, folder).findLast(({ name, state }) => name.pid === pid && state !== 'temporary');
    const isOver = (): boolean =>
      numbered ? newest!.bytes > 0 && calendar.endOfPeriod(Math.floor(newest!.modified / 1000)) <= now : newest!.name.stamp < calendar.stamp(now);
    const goesOn = newest?.state === 'plain' && newest.bytes < maxBytes && !(calendar.period && isOver());
    const opened = goesOn ? { name: newest.name, path: newest.path, fd: open(settings, newest.path, false) } : this.begin(newest?.name, now);
    this.name = opened.name;
    this.path = opened.path;
    this.appender = new Appender(opened.fd, opened.path, true);
    this.inode = inodeOf(opened.fd);
    this.endsAt = calendar.endOfPeriod(now);
    this.lookedAt = this.agesLookedAt = now;
    closed.look(settings, this.name);
    try {
      this.pointLink();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Goes on with the same file by other settings; false if they want another one. */
  goOnBy(settings: RotationSettings): boolean {
    const isSame = this.settings.path === settings.path && Boolean(this.settings.numbered) === Boolean(settings.numbered);
    if (!isSame || this.isGone()) return false;
    setOwner(settings, this.appender.fd);
    const { calendar } = settings;
    const now = settings.now();
    const end = calendar.endOfPeriod(now);
    if (calendar.period && settings.numbered) this.endsAt = Math.min(end, this.endsAt);
    else this.endsAt = calendar.period && this.name.stamp < calendar.stamp(now) ? now : end;
    this.settings = settings;
    this.closed.look(settings, this.name);
    this.pointLink();
    return true;
  }

  /** Whether the file is no longer where it was made: it looks at the path once a second, and when it is asked to. */
  isLost(now: number, isAsked: boolean): boolean {
    const { nlink, size } = fstatSync(this.appender.fd);
    this.written = size;
    if (nlink === 0) return true;
    // A clock may be set back.
    if (!isAsked && now >= this.lookedAt && now < this.lookedAt + PAUSE) return false;
    this.lookedAt = now;
    if (now < this.agesLookedAt || now >= this.agesLookedAt + AGES_PAUSE) {
      this.agesLookedAt = now;
      this.closed.look(this.settings, this.name);
    }
    return this.isGone();
  }

  /** Has it look before the next batch: it could not be opened again. */
  lookAgain(): void {
    this.lookedAt = -Infinity;
  }

  /** Writes a piece; the next file begins between two records of it. Throws a {@link FileError} that says how much was taken. */
  write(piece: BatchPart, now: number): void {
    const { length } = piece.bytes;
    const isBegun = this.appender.isBegun(piece.bytes);
    if (now >= this.endsAt && !isBegun) this.step(now);
    const { maxBytes = Infinity } = this.settings;
    let start = 0;
    for (let first = 0; start < length; ) {
      const room = maxBytes - this.written;
      let end = length;
      if (length - start > room) {
        const { ends } = piece;
        let last = first;
        while (last < ends.length && ends[last]! - start <= room) last++;
        // What is larger than a file has one to itself; what is begun stays together.
        const fitsNone = last === first && !(start === 0 && isBegun) && this.written > 0;
        if (fitsNone && this.step(now)) continue;
        first = fitsNone ? ends.length : Math.max(last, first + 1);
        end = ends[first - 1] ?? length;
      }
      this.append(piece.part(start, end), start);
      start = end;
    }
  }

  sync(): void {
    this.appender.sync();
  }

  close(): void {
    closeSync(this.appender.fd);
  }

  private append(piece: BatchPart, start: number): void {
    for (let from = 0; ; ) {
      const rest = piece.part(from);
      try {
        this.appender.write(rest);
        this.written += rest.bytes.length;
        return;
      } catch (error) {
        const { accepted, cause } = error as FileError;
        from += accepted;
        this.written += accepted;
        if (!isFull(cause) || !this.makesRoom()) throw new FileError(this.path, cause, start + from);
      }
    }
  }

  private makesRoom(): boolean {
    if (!this.settings.removeOldestWhenFull || !this.closed.removeOldest(this.settings, this.name)) return false;
    const now = this.settings.now();
    const isNews = now < this.fullAt || now >= this.fullAt + FULL_PAUSE;
    this.fullAt = now;
    if (isNews) notice(`${this.settings.path}: the disk is full: the oldest files are removed`);
    return true;
  }

  /** Begins the next file; false if that failed, now or a moment ago. */
  private step(now: number): boolean {
    if (now >= this.failedAt && now < this.failedAt + PAUSE) return false;
    try {
      for (;;) {
        try {
          this.beginNext(now);
          break;
        } catch (error) {
          if (!isFull(error) || !this.makesRoom()) throw error;
        }
      }
    } catch (error) {
      this.failedAt = now;
      this.tell(`${this.path} goes on beyond its end: the next file can't be begun, and is tried again: ${textOf(error)}`);
      return false;
    }
    this.failedAt = -Infinity;
    this.isReported = false;
    this.closed.look(this.settings, this.name);
    try {
      this.pointLink();
    } catch (error) {
      this.tell(`the link ${this.settings.linkPath} can't be made: ${textOf(error)}`);
    }
    return true;
  }

  private beginNext(now: number): void {
    const { name, path, fd } = this.begin(this.name, now);
    this.close();
    this.name = name;
    this.path = path;
    this.appender = new Appender(fd, path, true);
    this.inode = inodeOf(fd);
    this.written = 0;
    this.lookedAt = this.agesLookedAt = now;
    this.endsAt = this.settings.calendar.endOfPeriod(now);
  }

  /** Makes the file after the last one. */
  private begin(last: FileName | undefined, now: number): Opened {
    const { naming, folder, calendar } = this.settings;
    let name = naming.after(last, calendar.stamp(now), this.pid);
    for (let tries = 0; tries < NAMES; tries++) {
      const path = join(folder, naming.text(name));
      try {
        const fd = open(this.settings, path, true);
        this.counts.begun++;
        return { name, path, fd };
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        name = naming.after(name, '', this.pid);
      }
    }
    throw new Error(`${NAMES} files from ${naming.text(name)} on exist`);
  }

  private isGone(): boolean {
    return statSync(this.path, { bigint: true, throwIfNoEntry: false })?.ino !== this.inode;
  }

  /** Points the link to the file; it is never missing meanwhile. */
  private pointLink(): void {
    const { linkPath: link, folder } = this.settings;
    if (!link) return;
    const target = dirname(link) === folder ? basename(this.path) : this.path;
    const found = lstatSync(link, { throwIfNoEntry: false });
    if (found && !found.isSymbolicLink()) throw new Error('there is something else by now');
    if (found && readlinkSync(link) === target) return;
    const temporary = join(dirname(link), `.${basename(link)}.link`);
    try {
      // A kill may have left it.
      unlinkSync(temporary);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    try {
      symlinkSync(target, temporary);
    } catch (error) {
      // Deno makes links only where it may write everywhere.
      if (this.settings.link === undefined && (error as Error).name === 'NotCapable') return;
      throw error;
    }
    renameSync(temporary, link);
  }

  /** Reports what is wrong, once until a file begins. */
  private tell(text: string): void {
    if (!this.isReported) notice(text);
    this.isReported = true;
  }
}

function isFull(error: unknown): boolean {
  return /^(ENOSPC|EDQUOT)$/.test(codeOf(error) ?? '');
}

function inodeOf(fd: number): bigint {
  return fstatSync(fd, { bigint: true }).ino;
}

/** Opens a file, or makes it; its mode and owner are as they were chosen. */
function open(settings: FileOptions, path: string, isNew: boolean): number {
  // Read is its last byte only.
  const fd = openSync(path, O_RDWR | O_APPEND | (isNew ? O_CREAT | O_EXCL : 0), settings.mode ?? 0o666);
  try {
    setOwner(settings, fd);
  } catch (error) {
    closeSync(fd);
    if (isNew) unlinkSync(path);
    throw error;
  }
  return fd;
}
