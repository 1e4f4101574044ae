/** Shows the chosen row: its fields, and the bytes that say them. */

import { LinesChunk, WireChunk } from './chunk';
import { byId, make } from './dom';
import { whole } from './number';
import type { Chosen } from './records';
import { showValue } from './row';
import { WireView } from './wire_view';

const PAUSE_MILLIS = 40;

export class ChosenView {
  readonly #box = byId('chosen', HTMLDivElement);
  readonly #said = byId('chosen-said', HTMLParagraphElement);
  #timer = 0;
  /** Chosen, and not shown yet. */
  #waiting: Chosen | undefined;

  constructor() {
    this.#show(undefined);
  }

  /** Shows a row; while rows fly past under an arrow key, only the last. */
  show(chosen: Chosen | undefined): void {
    clearTimeout(this.#timer);
    this.#waiting = chosen;
    this.#timer = window.setTimeout(() => this.#show(chosen), PAUSE_MILLIS);
  }

  /** Brings it into view, for who pressed Enter. */
  enter(): void {
    if (this.#waiting) this.#show(this.#waiting);
    const target = this.#box.querySelector<HTMLElement>('[tabindex="0"]');
    this.#box.closest('.card')!.scrollIntoView({ block: 'nearest' });
    target?.focus();
  }

  #show(chosen: Chosen | undefined): void {
    clearTimeout(this.#timer);
    this.#waiting = undefined;
    if (!chosen) {
      this.#said.textContent = '';
      const text = 'Choose a row above, by mouse or arrow keys, to see its fields and its bytes explained.';
      this.#box.replaceChildren(make('p', 'chosen-empty', text));
      return;
    }
    const { row, number, source } = chosen;
    this.#said.textContent = `row ${whole(number + 1)}, from ${source}`;
    const pairs: [string, string][] = [
      ['timestamp', row.timestamp],
      ['level', row.levelName],
      ['logger', row.logger],
      ...Object.entries(row.fields).map(([key, value]): [string, string] => [key, showValue(value)]),
    ];
    const list = make('dl', 'pairs');
    for (const [key, value] of pairs) if (value !== '') list.append(make('div', '', make('dt', '', key), make('dd', '', value)));
    const message = make('p', row.kind === 'record' ? 'said' : 'said level', row.message);
    message.dataset['level'] = row.levelName;
    const wire = wireOf(chosen);
    this.#box.replaceChildren(message, list, wire instanceof WireView ? wire.element : make('p', 'chosen-empty', wire));
    if (wire instanceof WireView) wire.showChosen();
  }
}

/** Explains the bytes, or says why there are none. */
function wireOf({ chunk, index }: Chosen): WireView | string {
  if (chunk instanceof LinesChunk) return 'It came as a line of JSON: there are no bytes of the wire to explain.';
  const place = chunk instanceof WireChunk ? chunk.place(index) : undefined;
  return place ? new WireView(place) : 'These bytes are no item of the wire.';
}
