// What may be chosen for files, and whether it makes sense.

import { lstatSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import type { Level } from '../record/level.js';
import { aFunction, anObject, checkOptions, flag, format, rule, type Rule, type Rules, shown, sinkRules } from '../options.js';
import type { FormatName, Sink } from '../sinks/sink.js';
import { Calendar } from './calendar.js';
import { COMPRESSED, Naming } from './names.js';

/** Settings of a file. */
export interface FileOptions {
  /** The lines' form; at first that of `configure`. */
  format?: Exclude<FormatName, 'auto'>;
  level?: Level;
  /** Bytes that may be queued while the file can't be written. At first 8 MiB. */
  maxQueueBytes?: number;
  /** Batches of about this many bytes, each one write. */
  maxBatchBytes?: number;
  /** Permission bits of files, whatever the umask is: `0o640`. */
  mode?: number;
  /** The user and the group of files, by number, which needs the right to do so. */
  owner?: { readonly user?: number; readonly group?: number };
}

/** An age: `{ days: 90 }`, the sum of its parts. */
export interface FileAge {
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
}

/** Settings of files that follow one another. Without `hourly`, `daily` and `maxBytes` a file lasts a day. */
export interface RotatingFileOptions extends FileOptions {
  /** Begins a file each hour, by the time at which records are written. */
  hourly?: boolean;
  /** Begins a file each day, by the time at which records are written. */
  daily?: boolean;
  /** Takes hours and days from the system's time zone, in place of UTC. */
  localTime?: boolean;
  /** Begins a file before one would have more than so many bytes. A larger record, or block of the wire, has a file to itself. */
  maxBytes?: number;
  /** Names files by number alone: `shop.00000042.log`. At first names have the time when the file was begun, then a number. */
  numbered?: boolean;
  /** Keeps so many closed files at most; the oldest are removed. */
  keepFiles?: number;
  /** Removes closed files whose last record is older, when a file is begun and once an hour while something is written. A number is milliseconds. */
  keepFor?: FileAge | number;
  /** Keeps so many bytes of closed files at most, as they lie there, compressed or not; the oldest are removed. */
  keepBytes?: number;
  /** Compresses closed files by gzip, beside the program. */
  gzip?: boolean;
  /** Removes the oldest closed file, and the next, while the disk is full. At first records wait. */
  removeOldestWhenFull?: boolean;
  /** Has the process's id in the names: several processes may be given one path. There is no link then. */
  pidInNames?: boolean;
  /** Where the symbolic link to the file that is written lies, from the files' folder; at first at the path. `false` keeps none. */
  link?: string | false;
  /** The milliseconds since 1970 by which files are begun, named and removed; `Date.now` at first. */
  clock?: () => number;
}

/** The options that a sink has of a file's. */
export function sinkOptions(options: FileOptions): Partial<Sink> {
  const { format, level, maxQueueBytes, maxBatchBytes } = options;
  return Object.fromEntries(Object.entries({ format, level, maxQueueBytes, maxBatchBytes }).filter(([, value]) => value !== undefined));
}

const AGES = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000 } as const;

/** What was chosen for the files of a path, checked. */
export interface RotationSettings extends RotatingFileOptions {
  /** Absolute. */
  readonly path: string;
  readonly folder: string;
  readonly fileName: string;
  readonly naming: Naming;
  readonly calendar: Calendar;
  /** In milliseconds. */
  readonly keepMs: number;
  /** Absolute, if there is one. */
  readonly linkPath: string | undefined;
  /** The seconds since 1970. */
  now(): number;
}

const count = rule((value) => Number.isSafeInteger(value) && value > 0, 'a whole number from 1 on');
/** Checked by what knows the path. */
const later: Rule = () => {};
const FILE: Rules = {
  ...sinkRules(format('auto')),
  mode(mode, name) {
    if (Number.isInteger(mode) && ((mode as number) & ~0o777) === 0 && ((mode as number) & 0o200) !== 0) return;
    throw new RangeError(`${name} is ${typeof mode === 'number' ? `0o${mode.toString(8)}` : shown(mode)}: give permission bits by which the owner may write, such as 0o640`);
  },
  owner(owner, name) {
    anObject('{user: 1000, group: 1000}')(owner, name);
    checkOptions(name, owner, { user: number, group: number });
  },
};
const number = rule((id) => Number.isInteger(id) && id >= 0, 'a number, such as 1000');
const ROTATION: Rules = {
  hourly: flag, daily: flag, localTime: flag, maxBytes: count, numbered: flag, keepFiles: count, keepFor: later, keepBytes: count, gzip: flag,
  removeOldestWhenFull: flag, pidInNames: flag, link: later, clock: aFunction, ...FILE,
};

/** Checks the path and the settings that every file has; returns the path, absolute. Throws what would be right. */
export function checkedPath(path: string, options: FileOptions, of = 'fileSink', rules = FILE): string {
  checkOptions(of, options, rules);
  if (typeof path !== 'string' || path === '' || /[/\\]$/.test(path)) {
    throw new RangeError(`${JSON.stringify(path)} names no file: give a path such as "logs/shop.log"`);
  }
  const absolute = resolve(path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) {
    throw new RangeError(`${JSON.stringify(path)} is a folder: give the path of a file in it, such as ${JSON.stringify(join(path, 'shop.log'))}`);
  }
  return absolute;
}

/** Checks what was chosen for files that follow one another. Throws what would be right. */
export function checkedRotation(given: string, options: RotatingFileOptions): RotationSettings {
  const path = checkedPath(given, options, 'rotatingFileSink', ROTATION);
  const { hourly, daily, maxBytes, keepFor, link, pidInNames = false } = options;
  if (hourly && daily) throw new RangeError('hourly and daily together: leave one of them out');
  const fileName = basename(path);
  const ending = COMPRESSED.find((ending) => fileName.endsWith(ending));
  if (ending) throw new RangeError(`${JSON.stringify(given)} ends in ${ending}, which compressed files get by themselves: leave it out`);
  const keepMs = millisOf(keepFor);
  if (link !== undefined && link !== false && (typeof link !== 'string' || link === '')) {
    throw new RangeError(`link is ${shown(link)}: give a path, or false for none`);
  }
  if (pidInNames && link) throw new RangeError("a link and pidInNames together: several processes can't share one link; leave one of them out");
  const folder = dirname(path);
  const settings: RotationSettings = {
    ...options,
    path,
    folder,
    fileName,
    naming: new Naming(fileName, options.numbered ?? false),
    calendar: new Calendar(hourly ? 'hour' : daily || maxBytes === undefined ? 'day' : undefined, options.localTime ?? false),
    keepMs,
    linkPath: link ? resolve(folder, link) : link === false || pidInNames || process.platform === 'win32' ? undefined : path,
    now: () => Math.floor((options.clock ?? Date.now)() / 1000),
  };
  const { linkPath } = settings;
  const found = linkPath && lstatSync(linkPath, { throwIfNoEntry: false });
  if (found && !found.isSymbolicLink()) {
    throw new RangeError(
      `${linkPath} is there already and is no symbolic link: a rotating file keeps one there to the file that it writes; ` +
        'rename what is there, or choose another place by link, or link: false',
    );
  }
  return settings;
}

function millisOf(age: FileAge | number | undefined): number {
  if (age === undefined) return Infinity;
  const parts = typeof age === 'object' && age !== null ? Object.entries(age) : [];
  const isAge = parts.length > 0 && parts.every(([unit, count]) => unit in AGES && Number.isFinite(count) && count >= 0);
  const millis = isAge ? parts.reduce((sum, [unit, count]) => sum + count * AGES[unit as keyof typeof AGES], 0) : age;
  if (typeof millis !== 'number' || !(millis >= 1000)) {
    throw new RangeError(`keepFor is ${shown(age)}: give an age of a second or more, such as {days: 90}, or leave it out`);
  }
  return millis;
}
