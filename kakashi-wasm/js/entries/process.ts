// What Node and Bun have in common: a process that ends, and a console that is a stream.

import { AsyncLocalStorage } from 'node:async_hooks';
import process from 'node:process';
import { flush, flushAtExit } from '../engine/flush.js';
import { platform } from '../platform.js';

/** Fits the loggers to the process. @internal */
export function installProcess(): void {
  platform.storage = new AsyncLocalStorage();
  platform.lines = true;
  platform.terminal = process.stdout.isTTY === true && !process.env['NO_COLOR'];
  process.on('exit', flushAtExit);
  // Once more while promises still get their turn: for sinks that wait for a network.
  process.once('beforeExit', () => void flush());
  process.on('uncaughtExceptionMonitor', flushAtExit);
}
