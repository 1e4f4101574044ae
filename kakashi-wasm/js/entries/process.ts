// Node and Bun: a process with an end, and a console that is a stream.

import { AsyncLocalStorage } from 'node:async_hooks';
import process from 'node:process';
import { flush, flushAtExit } from '../engine/flush.js';
import { platform } from '../platform.js';

/** Describes the process in `platform`, and flushes at its end. @internal */
export function installProcess(): void {
  platform.storage = new AsyncLocalStorage();
  platform.lines = true;
  platform.terminal = process.stdout.isTTY === true && !process.env['NO_COLOR'];
  process.on('exit', flushAtExit);
  // While promises are still run: for sinks that wait for a network.
  process.once('beforeExit', () => void flush());
  process.on('uncaughtExceptionMonitor', flushAtExit);
}
