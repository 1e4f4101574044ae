/** Shows the selected row: its fields, and its bytes explained. */

import { LinesChunk, WireChunk } from './chunk';
import { byId, make } from './dom';
import { whole } from './number';
import type { SelectedRow } from './records';
import { showValue } from './row';
import { WireView } from './wire_view';

const PAUSE_MILLIS = 40;

export class RecordView {
  readonly #box = byId('selected', HTMLDivElement);
  readonly #status = byId('selected-status', HTMLParagraphElement);
  #timer = 0;
  /** Selected, and not shown yet. */
  #waiting: SelectedRow | undefined;

  constructor() {
    this.#show(undefined);
  }

  /** Shows a row, after a pause: while an arrow key is held down, only the last one. */
  show(selected: SelectedRow | undefined): void {
    clearTimeout(this.#timer);
    this.#waiting = selected;
    this.#timer = window.setTimeout(() => this.#show(selected), PAUSE_MILLIS);
  }

  /** Brings the row into view and focuses its bytes: called for Enter. */
  enter(): void {
    if (this.#waiting) this.#show(this.#waiting);
    const target = this.#box.querySelector<HTMLElement>('[tabindex="0"]');
    this.#box.closest('.card')!.scrollIntoView({ block: 'nearest' });
    target?.focus();
  }

  #show(selected: SelectedRow | undefined): void {
    clearTimeout(this.#timer);
    this.#waiting = undefined;
    if (!selected) {
      this.#status.textContent = '';
      const text = 'Select a row above, by mouse or arrow keys, to see its fields and its bytes explained.';
      this.#box.replaceChildren(make('p', 'selected-empty', text));
      return;
    }
    const { row, number, source } = selected;
    this.#status.textContent = `row ${whole(number + 1)}, from ${source}`;
    const pairs: [string, string][] = [
      ['timestamp', row.timestamp],
      ['level', row.levelName],
      ['logger', row.logger],
      ...Object.entries(row.fields).map(([key, value]): [string, string] => [key, showValue(value)]),
    ];
    const list = make('dl', 'pairs');
    for (const [key, value] of pairs) if (value !== '') list.append(make('div', '', make('dt', '', key), make('dd', '', value)));
    const message = make('p', row.kind === 'record' ? 'record-message' : 'record-message level', row.message);
    message.dataset['level'] = row.levelName;
    const wire = wireOf(selected);
    this.#box.replaceChildren(message, list, wire instanceof WireView ? wire.element : make('p', 'selected-empty', wire));
    if (wire instanceof WireView) wire.showSelected();
  }
}

/** Explains the bytes, or says why the row has none. */
function wireOf({ chunk, index }: SelectedRow): WireView | string {
  if (chunk instanceof LinesChunk) return 'It came as a line of JSON: it has no bytes of the wire.';
  const position = chunk instanceof WireChunk ? chunk.position(index) : undefined;
  return position ? new WireView(position) : 'These bytes are no item of the wire.';
}
