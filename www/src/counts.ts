/** Shows kakashi's own counts, and whether they add up. */

import type { Stats } from 'kakashi-wasm';
import { byId, make } from './dom';
import { byteSize, whole } from './number';

const REASONS: Record<string, string> = {
  queue_full: 'queue full',
  sink_failed: 'sink failed',
  reentrant: 're-entrant',
  too_large: 'too large',
  shutdown: 'shut down',
  encoder_failed: 'encoder failed',
  rejected: 'rejected by the receiver',
};

export class Counts {
  readonly #figures = new Map<string, HTMLElement>();
  readonly #balance = make('p', 'balance');
  readonly #dropped = make('p', 'balance');

  constructor() {
    const list = make('dl', 'figures');
    for (const name of ['sent', 'written', 'dropped', 'buffered', 'pending', 'bytes']) {
      const figure = make('dd', '', '0');
      figure.id = `count-${name}`;
      this.#figures.set(name, figure);
      list.append(make('div', '', make('dt', '', name), figure));
    }
    this.#balance.id = 'balance';
    this.#dropped.id = 'dropped-by';
    byId('counts', HTMLDivElement).append(list, this.#balance, this.#dropped);
  }

  show(stats: Stats, destinations: number): void {
    const { sent, written, buffered, pending, dropped, bytes, failures } = stats;
    for (const [name, count] of Object.entries({ sent, written, buffered, pending, dropped: dropped.total })) {
      set(this.#figures.get(name)!, whole(count));
    }
    set(this.#figures.get('bytes')!, byteSize(bytes));
    this.#figures.get('dropped')!.parentElement!.classList.toggle('lost', dropped.total > 0);

    const total = written + dropped.total + buffered + pending;
    const sum = `sent ${total === sent ? '=' : '≠'} written + dropped + buffered + pending`;
    const each = destinations === 1 ? 'Each record has one destination.' : `Each record has ${destinations} destinations and counts for each.`;
    set(this.#balance, `${sum}. ${each}`);
    const lost = [...counted(dropped.byLevel), ...counted(dropped.byReason, REASONS)].join(' · ');
    const failed = failures > 0 ? `${whole(failures)} failed ${failures === 1 ? 'try' : 'tries'}` : '';
    set(this.#dropped, [lost ? `Dropped: ${lost}` : 'Nothing was dropped.', failed].filter(Boolean).join(' '));
  }
}

function counted(counts: Readonly<Record<string, number>>, names: Record<string, string> = {}): string[] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${names[name] ?? name} ${whole(count)}`);
}

/** Sets a text, if it is another one. */
function set(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
