// Names of files: they sort by time, and all that a restart must know is in them.
//
// They are those of kakashi-std/src/sinks/rotating_file/names.rs: `shop.log` becomes
// `shop.2026-11-30.000000.log` or `shop.00000042.log`; with the process's id
// `shop.2026-11-30.000000-4711.log`. A next name sorts after the last one, whatever the
// clock says.

import { isStamp } from './calendar.js';

/** Endings of compressed files; the Rust side makes both. */
export const COMPRESSED = ['.gz', '.zst'] as const;
const TEMPORARY = '.tmp';

/** What tells a file from the others of its path. */
export interface FileName {
  /** When it was begun; empty where names have numbers only. */
  readonly stamp: string;
  /** Which one of that time. */
  readonly number: number;
  /** The process whose it is; 0 where it is not in the name. */
  readonly pid: number;
}

/** `plain` is as it was written, `compressed` is whole, `temporary` is a compressed one that is not. */
export type FileState = 'plain' | 'compressed' | 'temporary';

/** Orders names as the files were begun. */
export function compareNames(one: FileName, other: FileName): number {
  if (one.stamp !== other.stamp) return one.stamp < other.stamp ? -1 : 1;
  return one.number - other.number || one.pid - other.pid;
}

/** How files of a path are named. */
export class Naming {
  /** The path's file name without its last ending, which may be empty. */
  private readonly stem: string;
  private readonly ending: string;

  constructor(
    fileName: string,
    private readonly byNumber: boolean,
  ) {
    const at = fileName.lastIndexOf('.');
    this.stem = at > 0 ? fileName.slice(0, at) : fileName;
    this.ending = at > 0 ? fileName.slice(at) : '';
  }

  /** Writes a name. */
  text({ stamp, number, pid }: FileName): string {
    const { stem, ending } = this;
    const process = pid === 0 ? '' : `-${pid}`;
    return this.byNumber
      ? `${stem}.${String(number).padStart(8, '0')}${process}${ending}`
      : `${stem}.${stamp}.${String(number).padStart(6, '0')}${process}${ending}`;
  }

  /** Reads a name; nothing if it is no file of this path. */
  parse(text: string): { name: FileName; state: FileState } | undefined {
    const isTemporary = text.startsWith('.') && text.endsWith(TEMPORARY);
    const visible = isTemporary ? text.slice(1, -TEMPORARY.length) : text;
    const ending = COMPRESSED.find((ending) => visible.endsWith(ending)) ?? '';
    const state = isTemporary ? 'temporary' : ending ? 'compressed' : 'plain';
    const plain = visible.slice(0, visible.length - ending.length);
    const { stem } = this;
    if (!plain.startsWith(`${stem}.`) || !plain.endsWith(this.ending)) return undefined;
    const rest = plain.slice(stem.length + 1, plain.length - this.ending.length);
    const found = this.byNumber ? /^()(\d{8,})(?:-([1-9]\d*))?$/.exec(rest) : /^([^.]*)\.(\d{6,})(?:-([1-9]\d*))?$/.exec(rest);
    if (!found) return undefined;
    const [, stamp = '', number, pid = 0] = found;
    const name = { stamp, number: Number(number), pid: Number(pid) };
    const isName = (this.byNumber || isStamp(stamp)) && Number.isSafeInteger(name.number) && name.pid < 2 ** 32;
    return isName ? { name, state } : undefined;
  }

  /**
   * Returns a name for a time that sorts after the last one, also where the clock was set
   * back, or an hour comes twice.
   */
  after(last: FileName | undefined, stamp: string, pid: number): FileName {
    if (this.byNumber) return { stamp: '', number: last ? last.number + 1 : 0, pid };
    if (last && last.stamp >= stamp) return { stamp: last.stamp, number: last.number + 1, pid };
    return { stamp, number: 0, pid };
  }
}

/** Writes the name of a compressed file that is not whole. */
export function temporaryName(compressed: string): string {
  return `.${compressed}${TEMPORARY}`;
}
