// Node and Bun: a process with an end, and a console that is a stream.

import { AsyncLocalStorage } from 'node:async_hooks';
import process from 'node:process';
import { flush, flushAtExit, giveUp } from '../engine/flush.js';
import { watchRequests } from './requests.js';
import { installStreams } from './streams.js';
import { isTest } from './tests.js';
import { type StorageClass, platform, useStorage, variable } from '../platform.js';

/** Variables of platforms that stop a process between two requests. */
const FREEZING = ['AWS_LAMBDA_FUNCTION_NAME', 'K_SERVICE', 'FUNCTIONS_WORKER_RUNTIME', 'VERCEL', 'NETLIFY'];

/** Describes the process in `platform`, and flushes at its end. @internal */
export function installProcess(): void {
  // Another copy of the package, by `require` say, has done it.
  if (platform.storage) return;
  useStorage(AsyncLocalStorage as StorageClass);
    const { stderr, stdout } = process;
  installStreams(stdout.isTTY, stderr.isTTY);
  platform.prompt = stdout.isTTY || stderr.isTTY || isTest();
  platform.frozen = FREEZING.some(variable);
  process.on('exit', () => {
    flushAtExit();
    giveUp();
  });
  watchRequests();
  // While promises are still run: for sinks that wait for a network.
  process.once('beforeExit', () => void flush());
  process.on('uncaughtExceptionMonitor', flushAtExit);
}
