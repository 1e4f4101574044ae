// Signals that end a process, which has no other notice of them.

import { flush } from './engine/flush.js';
import { checkOptions, from, rule } from './options.js';

/** The part of a process that is used; Deno has it as well. */
interface Process {
  readonly pid: number;
  once(signal: string, listener: () => void): void;
  off(signal: string, listener: () => void): void;
  listenerCount(signal: string): number;
  kill(pid: number, signal: string): void;
}

/** Settings of {@link flushOnSignals}. */
export interface SignalOptions {
  /** At first SIGTERM, SIGINT and SIGHUP. */
  signals?: readonly string[];
  /** How long sinks are waited for. At first 5,000 ms. */
  timeoutMs?: number;
}

/**
 * Flushes when a signal ends the process, waits for the sinks, and lets the signal end it. Where the program
 * listens to the signal itself, that listener decides when the process ends. A second signal ends it at once.
 * Does nothing where there is no process: in browsers and workers. Returns a function that undoes it.
 */
export function flushOnSignals(options: SignalOptions = {}): () => void {
  checkOptions('flushOnSignals', options, {
    signals: rule((given) => Array.isArray(given) && given.every((name) => /^SIG[A-Z0-9]+$/.test(name)), 'a list of signals, such as ["SIGTERM", "SIGINT"]'),
    timeoutMs: from(0),
  });
  const { signals = ['SIGTERM', 'SIGINT', 'SIGHUP'], timeoutMs } = options;
  const { process } = globalThis as unknown as { process?: Process };
  if (typeof process?.once !== 'function') return () => {};
  const listeners = signals.map((signal) => {
    const listener = async () => {
      const isOurs = process.listenerCount(signal) === 0;
      await flush(timeoutMs);
      if (isOurs) process.kill(process.pid, signal);
    };
    process.once(signal, listener as () => void);
    return [signal, listener as () => void] as const;
  });
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
