// What happens to closed files: removed when they are too many or too old, and compressed.
//
// Removal is done when a file is begun; compression takes turns with the program. A kill may
// come at any step: what it left half done is found by the next look into the folder.

import { unlinkSync } from 'node:fs';
import { gzipFile } from './compression.js';
import type { FileStats } from './file-sink.js';
import { type FoundFile, filesOf } from './folder.js';
import { holderOf, lockPath } from './lock.js';
import { type FileName, compareNames } from './names.js';
import type { RotationSettings } from './settings.js';
import { codeOf, notice, textOf } from './state.js';

/** Looks after the closed files of a path. */
export class ClosedFiles {
  /** What went wrong last, which is reported once. */
  private readonly reported = { look: '', compress: '' };
  private isCompressing = false;
  private settings!: RotationSettings;
  private current!: FileName;

  /** `pid` is this process's id, if it is in the names. */
  constructor(
    readonly pid: number,
    private readonly counts: FileStats,
  ) {}

  /** Has the closed files looked after, now that this one is written. */
  look(settings: RotationSettings, current: FileName): void {
    this.settings = settings;
    this.current = current;
    const { gzip, keepFiles, keepBytes, keepMs } = settings;
    if (!gzip && !keepFiles && !keepBytes && keepMs === Infinity) return;
    this.guarded(() => this.removeExcess(this.repaired()));
    if (gzip && !this.isCompressing) void this.compress();
  }

  /** Removes the oldest closed file, to make room; false if there is none. */
  removeOldest(settings: RotationSettings, current: FileName): boolean {
    try {
      const oldest = filesOf(settings.naming, settings.folder).find(
        ({ name, state }) => name.pid === this.pid && state !== 'temporary' && compareNames(name, current) < 0,
      );
      if (!oldest) return false;
      this.remove(oldest.path);
      this.counts.removed++;
      return true;
    } catch {
      return false;
    }
  }

  private guarded(run: () => void): void {
    let text = '';
    try {
      run();
    } catch (error) {
      text = `closed files of ${this.settings.path}: ${textOf(error)}`;
    }
    this.tell('look', text);
  }

  /** Reports what is wrong, once until it is right or something else is. */
  private tell(what: 'look' | 'compress', text: string): void {
    if (text === this.reported[what]) return;
    this.reported[what] = text;
    if (text) notice(`${text}; it is tried again with the next file`);
  }

  /** The closed files: this process's, and those of processes that have ended. */
  private closed(): FoundFile[] {
    const { naming, folder, fileName } = this.settings;
    const isOver = new Map<number, boolean>([[this.pid, true], [0, this.pid === 0]]);
    return filesOf(naming, folder).filter(({ name }) => {
      const { pid } = name;
      if (!isOver.has(pid)) {
        const lock = lockPath(folder, fileName, pid);
        const hasEnded = holderOf(lock) === 0;
        isOver.set(pid, hasEnded);
        if (hasEnded) this.remove(lock);
      }
      return isOver.get(pid) && (pid !== this.pid || compareNames(name, this.current) < 0);
    });
  }

  /** Removes what a kill has left: compressed files that are not whole, and plain ones whose compressed form is. */
  private repaired(): FoundFile[] {
    const { naming } = this.settings;
    const files = this.closed();
    const compressed = new Set(files.filter(({ state }) => state === 'compressed').map(({ name }) => naming.text(name)));
    return files.filter(({ name, state, path }) => {
      if (state === 'temporary' && this.isCompressing) return false;
      const isKept = state === 'compressed' || (state === 'plain' && !compressed.has(naming.text(name)));
      if (!isKept) this.remove(path);
      return isKept;
    });
  }

  private removeExcess(closed: FoundFile[]): void {
    const { keepFiles = Infinity, keepBytes = Infinity, keepMs, now } = this.settings;
    const oldest = now() * 1000 - keepMs;
    let bytes = closed.reduce((sum, file) => sum + file.bytes, 0);
    let left = closed.length;
    let failure: unknown;
    for (const file of closed) {
      if (left <= keepFiles && bytes <= keepBytes && file.modified >= oldest) continue;
      left--;
      bytes -= file.bytes;
      try {
        this.remove(file.path);
        this.counts.removed++;
      } catch (error) {
        failure = error;
      }
    }
    if (failure) throw failure;
  }

  private async compress(): Promise<void> {
    this.isCompressing = true;
    const failed = new Set<string>();
    let text = '';
    try {
      for (;;) {
        const next = this.closed().find(({ state, path }) => state === 'plain' && !failed.has(path));
        if (!next) break;
        try {
          await gzipFile(next.path);
          this.counts.compressed++;
        } catch (error) {
          failed.add(next.path);
          // Removed to make room, or by somebody else.
          if (codeOf(error) !== 'ENOENT') text = `${next.path} can't be compressed: ${textOf(error)}`;
        }
      }
      this.removeExcess(this.repaired());
    } catch (error) {
      text = `closed files of ${this.settings.path}: ${textOf(error)}`;
    } finally {
      this.isCompressing = false;
    }
    this.tell('compress', text);
  }

  private remove(path: string): void {
    try {
      unlinkSync(path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
}
