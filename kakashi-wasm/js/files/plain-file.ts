// A file that grows, or that logrotate renames.

import { closeSync, constants, fstatSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Batch } from '../sinks/batch.js';
import { Appender, BatchPart } from './appender.js';
import { FileError } from './file-error.js';
import { type FileSink, countWrite, noCounts } from './file-sink.js';
import { setOwner } from './owner.js';
import { type FileOptions, checkedPath, sinkOptions } from './settings.js';
import { type OpenFile, codeOf, openFiles } from './state.js';

const { O_APPEND, O_CREAT, O_NONBLOCK = 0, O_RDWR, O_WRONLY } = constants;

/** An open file, which sinks of this realm share. */
class PlainFile implements OpenFile {
  readonly counts = noCounts();
  private appender: Appender | undefined;
  private isRegular = true;
  private isAsked = false;

  constructor(
    readonly path: string,
    private options: FileOptions,
    private readonly key: string,
  ) {
    this.open();
  }

  use(options: FileOptions): void {
    this.options = options;
    if (this.appender) setOwner(options, this.appender.fd);
    else this.open();
  }

  write(batch: Batch): void {
    try {
      if (!this.appender) this.open();
      else if (this.isAsked || this.isRemoved()) this.openAgain();
      this.appender!.write(new BatchPart(batch.bytes, batch.format));
    } catch (error) {
      const failure = error instanceof FileError ? error : new FileError(this.path, error);
      countWrite(this.counts, batch, failure);
      throw failure;
    }
    countWrite(this.counts, batch);
  }

  sync(): void {
    this.appender?.sync();
  }

  reopen(): void {
    this.isAsked = true;
    try {
      this.openAgain();
    } catch {
      // The next batch tries again, and says so.
    }
  }

  close(): void {
    openFiles.delete(this.key);
    if (this.appender) closeSync(this.appender.fd);
    this.appender = undefined;
  }

  /** Whether nobody could find what is written. */
  private isRemoved(): boolean {
    return this.isRegular && fstatSync(this.appender!.fd).nlink === 0;
  }

  private openAgain(): void {
    const before = this.appender;
    this.open();
    if (before) closeSync(before.fd);
    this.counts.reopened++;
    this.isAsked = false;
  }

  private open(): void {
    const { path, options } = this;
    mkdirSync(dirname(path), { recursive: true });
    const fd = openFor(path, options.mode);
    try {
      setOwner(options, fd);
      this.isRegular = fstatSync(fd).isFile();
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.appender = new Appender(fd, path, this.isRegular);
    openFiles.set(this.key, this);
  }
}

/** Opens a file, or makes it. Read is its last byte only. */
function openFor(path: string, mode = 0o666): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isFile()) {
    // A fifo must not be read: it would have a reader for ever; nor must it hold the program up.
    return openSync(path, O_WRONLY | O_APPEND | O_NONBLOCK);
  }
  try {
    return openSync(path, O_RDWR | O_APPEND | O_CREAT, mode);
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error;
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT, mode);
  }
}

/**
 * Appends to a file, each batch by one write; makes it, and the folders above it, if they are missing. A line that a
 * crash or a full disk tore is closed before the next record. A file that was removed is made again; one that was
 * renamed is gone on with until {@link reopenFiles}. Opens it at once: throws what the system refuses.
 */
export function fileSink(path: string, options: FileOptions = {}): FileSink {
  const absolute = checkedPath(path, options);
  mkdirSync(dirname(absolute), { recursive: true });
  const key = `plain ${join(realpathSync(dirname(absolute)), basename(absolute))}`;
  const known = openFiles.get(key) as PlainFile | undefined;
  known?.use(options);
  const file = known ?? new PlainFile(absolute, options, key);
  return {
    ...sinkOptions(options),
    name: `file ${path}`,
    colours: false,
    target: file,
    file: absolute,
    write: (batch) => file.write(batch),
    stats: () => ({ ...file.counts }),
    sync: () => file.sync(),
    close: () => file.close(),
  };
}
