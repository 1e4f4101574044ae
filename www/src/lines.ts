/** Shows the latest lines in the selected format. */

import type { Batch } from 'kakashi-wasm';
import { byId, make, oncePerFrame } from './dom';
import { levelName } from './level';
import { plural, whole } from './number';
import { hex } from './value_explainer';

const MOST = 200;

interface Line {
  readonly text: string;
  readonly level: string;
}

export class Lines {
  readonly #box = byId('lines', HTMLDivElement);
  readonly #status = byId('lines-status', HTMLParagraphElement);
  /** Not drawn yet; of a flood, most never are. */
  #batches: Batch[] = [];
  #waiting = 0;
  #arrived = 0;
  readonly #draw = oncePerFrame(() => this.#show());

  #hint = '';

  constructor() {
    this.shown = true;
  }

  push(batch: Batch): void {
    this.#arrived += batch.count;
    this.#batches.push(batch);
    this.#waiting += batch.count;
    while (this.#waiting - this.#batches[0]!.count >= MOST) this.#waiting -= this.#batches.shift()!.count;
    this.#draw();
  }

  /** Whether lines come here; the empty box says so. */
  set shown(shown: boolean) {
    this.#hint = shown ? 'Lines come here in the path’s format.' : 'The path’s lines go elsewhere.';
    this.clear();
  }

  clear(): void {
    this.#batches = [];
    this.#waiting = 0;
    this.#arrived = 0;
    this.#box.replaceChildren(make('div', 'empty', this.#hint));
    this.#status.textContent = '';
  }

  #show(): void {
    if (this.#batches.length === 0) return;
    const lines = this.#batches.flatMap(linesOf).slice(-MOST);
    this.#batches = [];
    this.#waiting = 0;
    const atEnd = this.#box.scrollHeight - this.#box.scrollTop - this.#box.clientHeight < 24;
    const made = lines.map(({ text, level }) => {
      const line = make('div', '', text);
      line.dataset['level'] = level;
      return line;
    });
    this.#box.querySelector('.empty')?.remove();
    if (made.length >= MOST) this.#box.replaceChildren(...made);
    else this.#box.append(...made);
    while (this.#box.childElementCount > MOST) this.#box.firstElementChild!.remove();
    if (atEnd) this.#box.scrollTop = this.#box.scrollHeight;
    const all = this.#arrived > MOST ? `the last ${MOST} of ${whole(this.#arrived)}` : plural(this.#arrived, 'line');
    this.#status.textContent = all;
  }
}

function linesOf(batch: Batch): Line[] {
  if (batch.format === 'wire') return [{ text: wireLine(batch), level: levelName(batch.level) ?? '' }];
  return Array.from(batch.lines(), ({ level, text }) => ({ text: text.replace(/\n$/, ''), level: levelName(level) ?? '' }));
}

function wireLine({ bytes, count }: Batch): string {
  const shown = [...bytes.subarray(0, 48)].map(hex).join(' ');
  return `${plural(count, 'record')} in ${plural(bytes.length, 'byte')}: ${shown}${bytes.length > 48 ? ' …' : ''}`;
}
