/**
 * The form of the path: the settings that a record meets on its way from the call to the sinks.
 *
 * Two sinks bring records to this page: one as wire, for the table and for the
 * explainer, one as lines in the selected format. Both can be set to fail or to
 * stall, to show what kakashi does then.
 */

import {
  callbackSink,
  clearLoggerCache,
  configure,
  consoleSink,
  getAsyncLogger,
  getLogger,
  getPerformanceLogger,
  type Batch,
  type Format,
  type Logger,
  type OnFull,
  type Sink,
} from 'kakashi-wasm';
import { byId } from './dom';

export interface Arrivals {
  wire(batch: Batch): void;
  lines(batch: Batch): void;
  failed(error: unknown): void;
}

const SLOW_MILLIS = 500;
const HINTS: Record<string, string> = {
  prompt: '',
  slow: 'What does not fit its queue meanwhile is dropped and counted.',
  never: 'Records wait in its queue; once that is full, they are dropped and counted. Select another behaviour to release them.',
  throws: 'A batch is tried again three times, then dropped and counted.',
};

export class PathForm {
  readonly #form = byId('path-form', HTMLFormElement);
  readonly #arrivals: Arrivals;
  #loggers = new Map<string, Logger>();
  /** Settle the batches that never settle by themselves. */
  #release = new Set<() => void>();

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals;
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#form.addEventListener('change', (event) => this.#changed((event.target as HTMLElement).id));
    this.#disableUnused();
    this.#configure();
  }

  /** How many destinations each record has. */
  get destinations(): number {
    return { page: 2, console: 2, both: 3, none: 1 }[this.#value('sink')] ?? 1;
  }

  get linesAreShown(): boolean {
    return ['page', 'both'].includes(this.#value('sink'));
  }

  /** Returns the logger that the form describes. */
  logger(name: string): Logger {
    const key = `${this.#value('kind')} ${name}`;
    const logger = this.#loggers.get(key) ?? this.#make(name);
    this.#loggers.set(key, logger);
    return logger;
  }

  #make(name: string): Logger {
    const capacity = Number(this.#value('capacity'));
    switch (this.#value('kind')) {
      case 'async':
        return getAsyncLogger(name, { capacity, onFull: this.#value('on-full') as OnFull });
      case 'performance':
        return getPerformanceLogger(name, { capacity });
      default:
        return getLogger(name);
    }
  }

  #changed(id: string): void {
    this.#disableUnused();
    if (id === 'behaviour') {
      for (const release of this.#release) release();
      this.#release.clear();
    } else if (['kind', 'capacity', 'on-full'].includes(id)) {
      // A name has one handle: the next one is made anew.
      this.#loggers.clear();
      clearLoggerCache();
    } else {
      this.#configure();
    }
  }

  #configure(): void {
    const maxQueueBytes = Number(this.#value('queue'));
    const format = this.#value('format') as Format;
    const { wire, lines, failed } = this.#arrivals;
    const sinks: Sink[] = [
      callbackSink((batch) => this.#take(batch, wire), { name: 'table', format: 'wire', maxQueueBytes }),
    ];
    if (this.linesAreShown) {
      sinks.push(callbackSink((batch) => this.#take(batch, lines), { name: 'lines', format, maxQueueBytes }));
    }
    // A console takes no bytes.
    const printed = format === 'wire' ? 'text' : format;
    if (['console', 'both'].includes(this.#value('sink'))) sinks.push(consoleSink({ format: printed }));
    const level = this.#value('threshold').toLowerCase() as 'trace';
    configure({ level, format, sinks, maxBatchBytes: Number(this.#value('batch')), flushMs: 100, onError: failed });
  }

  /** Takes a batch, or fails or stalls, as the form says. */
  #take(batch: Batch, arrived: (batch: Batch) => void): void | Promise<void> {
    switch (this.#value('behaviour')) {
      case 'slow':
        return new Promise((resolve) => setTimeout(resolve, SLOW_MILLIS)).then(() => arrived(batch));
      case 'never':
        return new Promise<void>((resolve) => this.#release.add(resolve)).then(() => arrived(batch));
      case 'throws':
        throw new Error('this sink was set to throw');
      default:
        return arrived(batch);
    }
  }

  #disableUnused(): void {
    const kind = this.#value('kind');
    byId('capacity', HTMLSelectElement).disabled = kind === 'sync';
    byId('on-full', HTMLSelectElement).disabled = kind !== 'async';
    byId('format', HTMLSelectElement).disabled = this.#value('sink') === 'none';
    const hint = byId('behaviour-hint', HTMLParagraphElement);
    hint.textContent = HINTS[this.#value('behaviour')] ?? '';
    hint.hidden = hint.textContent === '';
  }

  #value(id: string): string {
    return byId(id, HTMLSelectElement).value;
  }
}
