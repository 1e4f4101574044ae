/**
 * The load: the same records through kakashi and through `console.log`, and
 * how long each took.
 *
 * Both run in slices, so that the page stays responsive. Both times are elapsed time,
 * from the first call to the end of the flush, with what the page does between slices.
 */

import { flush, LogContext, stats, withContext, type ContextFields, type Logger, type Stats } from 'kakashi-wasm';
import { byId, make } from './dom';
import { duration, plural, times, whole } from './number';
import { yieldToPage } from './yield_to_page';

const SLICE_MILLIS = 24;
const CALLS_BETWEEN_LOOKS = 50;
const FLUSH_MILLIS = 30_000;
const PATHS = ['/', '/cart', '/orders', '/orders/1042', '/login', '/search'] as const;

interface Timed {
  readonly calls: number;
  readonly millis: number;
}

/** Counts of the records that were not written. */
interface Outcome {
  readonly pending: number;
  /** The part that was dropped, 0 to 1. */
  readonly dropped: number;
}

export interface LoadTarget {
  readonly logger: Logger;
  readonly context: ContextFields;
}

export class Load {
  readonly #run = byId('load-run', HTMLButtonElement);
  readonly #stop = byId('load-stop', HTMLButtonElement);
  readonly #progress = byId('load-progress', HTMLProgressElement);
  readonly #result = byId('load-result', HTMLDivElement);
  #stopped = false;
  #stopWaiting: () => void = () => {};

  /** `target` is called at each start; it returns undefined while the form has a fault. */
  constructor(readonly target: () => LoadTarget | undefined) {
    byId('load-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#start();
    });
    this.#stop.addEventListener('click', () => {
      this.#stopped = true;
      this.#stopWaiting();
    });
  }

  async #start(): Promise<void> {
    const target = this.target();
    if (!target || this.#run.disabled) return;
    const count = Number(byId('load-count', HTMLSelectElement).value);
    this.#stopped = false;
    this.#run.disabled = true;
    this.#stop.disabled = false;
    this.#progress.hidden = false;
    try {
      await this.#compare(count, target);
    } finally {
      this.#run.disabled = false;
      this.#stop.disabled = true;
      this.#progress.hidden = true;
    }
  }

  async #compare(count: number, { logger, context }: LoadTarget): Promise<void> {
    const showHint = (text: string) => this.#result.replaceChildren(make('p', 'hint', text));
    showHint(`${whole(count)} through kakashi …`);
    // Records from before must not count.
    await flush(1000);
    const before = stats();
    // One context for all calls: the wire defines each context object once.
    const shared = new LogContext(context);
    const ours = await this.#time(count, 0, async (from, to) => {
      withContext(shared, () => {
        for (let index = from; index < to; index++) logger.info('Request served', fieldsOf(index));
      });
    }, async () => {
      showHint('Waiting for the flush …');
      const stopped = new Promise<void>((resolve) => (this.#stopWaiting = resolve));
      await Promise.race([flush(FLUSH_MILLIS), stopped]);
    });
    const outcome = outcomeSince(before);

    showHint(`${whole(count)} through console.log …`);
    const plain = await this.#time(this.#stopped ? 0 : count, 0.5, async (from, to) => {
      for (let index = from; index < to; index++) console.log('Request served', fieldsOf(index));
    });
    this.#showResult(ours, plain, outcome);
  }

  async #time(
    count: number,
    progressFrom: number,
    call: (from: number, to: number) => Promise<void>,
    finish: () => Promise<void> = async () => {},
  ): Promise<Timed> {
    const start = performance.now();
    let done = 0;
    while (done < count && !this.#stopped) {
      const until = performance.now() + SLICE_MILLIS;
      while (done < count && performance.now() < until) {
        const to = Math.min(count, done + CALLS_BETWEEN_LOOKS);
        await call(done, to);
        done = to;
      }
      this.#progress.value = progressFrom + done / count / 2;
      await yieldToPage();
    }
    await finish();
    return { calls: done, millis: performance.now() - start };
  }

  #showResult(ours: Timed, plain: Timed, { pending, dropped }: Outcome): void {
    const rates = make('div', 'rates');
    const most = Math.max(rate(ours), rate(plain));
    for (const [name, timed] of [['kakashi', ours], ['console.log', plain]] as const) {
      if (timed.calls === 0) continue;
      const bar = make('i');
      bar.style.width = `${(rate(timed) / most) * 100}%`;
      const shown = make('span', '', make('b', '', whole(rate(timed))), ' records/s');
      rates.append(
        make(
          'div',
          '',
          make('div', 'rate-head', make('span', '', name), shown),
          make('div', name === 'kakashi' ? 'bar ours' : 'bar', bar),
          make('p', 'hint', `${whole(timed.calls)} in ${duration(timed.millis)}`),
        ),
      );
    }
    const notes: HTMLElement[] = [];
    if (ours.calls > 0 && plain.calls > 0) {
      const ratio = rate(ours) / rate(plain);
      const verdict = ratio >= 1 ? `kakashi is ${times(ratio)} as fast` : `console.log is ${times(1 / ratio)} as fast`;
      // Dropping is quick: that is no fair comparison.
      const fair = dropped === 0 && pending === 0;
      notes.push(make('p', 'verdict', fair ? `${verdict}, flush included` : 'No fair comparison:'));
    }
    if (dropped > 0) {
      const part = (dropped * 100).toPrecision(2);
      notes.push(make('p', 'error', `kakashi took the calls and dropped ${part} % of the records, as the path’s settings say.`));
    }
    if (this.#stopped) notes.push(make('p', 'hint', 'Stopped early.'));
    if (pending > 0) notes.push(make('p', 'error', `The flush did not end: ${plural(pending, 'record')} still pending.`));
    const honest = 'Elapsed time, from the first call to the end of the flush. Open developer tools slow console.log down.';
    this.#result.replaceChildren(rates, ...notes, make('p', 'hint', honest));
  }
}

function outcomeSince(before: Stats): Outcome {
  const now = stats();
  const sent = now.sent - before.sent;
  return {
    pending: now.pending + now.buffered,
    dropped: sent > 0 ? (now.dropped.total - before.dropped.total) / sent : 0,
  };
}

function rate({ calls, millis }: Timed): number {
  return calls / (Math.max(millis, 0.01) / 1000);
}

function fieldsOf(index: number): { path: string; status: number; ms: number; request: number } {
  return { path: PATHS[index % PATHS.length]!, status: index % 97 === 0 ? 503 : 200, ms: (index % 400) / 8, request: index };
}
