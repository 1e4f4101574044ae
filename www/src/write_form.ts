/** The form that writes records; it shows faults beside the boxes that have them. */

import { flush, withContext, type ContextFields, type Fields } from 'kakashi-wasm';
import { byId, make } from './dom';
import { FieldsError, parseFields, type Typed } from './fields_text';
import { LEVEL_NAMES } from './level';
import { plural } from './number';
import type { PathForm } from './path_form';

const MIXED = [
  'Cart opened',
  'Price looked up',
  'Order placed',
  'Payment slow',
  'Payment refused',
  'Stock database is gone',
] as const;

export class WriteForm {
  readonly #form = byId('write', HTMLFormElement);
  readonly #message = byId('message', HTMLInputElement);
  readonly #fields = byId('fields', HTMLTextAreaElement);
  readonly #context = byId('context', HTMLInputElement);
  readonly #level = byId('level', HTMLSelectElement);
  readonly #logger = byId('logger', HTMLInputElement);
  readonly #status = byId('write-status', HTMLParagraphElement);
  #count = 0;

  constructor(readonly path: PathForm) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#logOne();
    });
    this.#form.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#form.requestSubmit();
    });
    for (const input of [this.#fields, this.#context]) {
      // A fault is shown when the box loses the focus, and hidden once it is corrected.
      input.addEventListener('change', () => this.#read(input));
      input.addEventListener('input', () => input.ariaInvalid === 'true' && this.#read(input));
    }
    byId('log-mixed', HTMLButtonElement).addEventListener('click', () => this.#logMixed());
    byId('flush', HTMLButtonElement).addEventListener('click', () => void this.#flush());
  }

  get loggerName(): string {
    return this.#logger.value.trim() || 'root';
  }

  /** Returns the typed context; none while it is wrong. */
  context(): ContextFields | undefined {
    return this.#read(this.#context) as ContextFields | undefined;
  }

  #logOne(): void {
    const fields = this.#read(this.#fields);
    const context = this.context();
    if (!fields || !context) {
      (fields ? this.#context : this.#fields).focus();
      this.#showStatus('Not logged: see above.');
      return;
    }
    const level = this.#level.value.toLowerCase() as 'info';
    const logger = this.path.logger(this.loggerName);
    const enabled = logger.isEnabled(level);
    withContext(context, () => logger.log(level, this.#message.value, fields as Fields));
    this.#showStatus(enabled ? `${plural(++this.#count, 'record')} logged` : 'Below the threshold: nothing happened.');
  }

  #logMixed(): void {
    const context = this.context();
    if (!context) return;
    const logger = this.path.logger(this.loggerName);
    withContext(context, () => {
      for (let index = 0; index < 20; index++) {
        const grade = [2, 1, 2, 0, 3, 2, 1, 2, 4, 2, 5][index % 11]!;
        const level = LEVEL_NAMES[grade]!.toLowerCase() as 'info';
        if (!logger.isEnabled(level)) continue;
        this.#count++;
        logger.log(level, MIXED[grade]!, { order: 1000 + index, total: Math.round(index * 1371.7) / 100, paid: index % 3 === 0 });
      }
    });
    this.#showStatus(`${plural(this.#count, 'record')} logged`);
  }

  async #flush(): Promise<void> {
    const { complete, pending } = await flush(2000);
    this.#showStatus(complete ? 'Flushed: all is with its sink.' : `Flush gave up after 2 s: ${plural(pending, 'record')} pending`);
  }

  /** Reads a box of fields; shows a fault beside it. */
  #read(input: HTMLTextAreaElement | HTMLInputElement): Typed | undefined {
    const errorText = byId(`${input.id}-error`, HTMLParagraphElement);
    try {
      const typed = parseFields(input.value);
      input.ariaInvalid = null;
      errorText.hidden = true;
      return typed;
    } catch (error) {
      if (!(error instanceof FieldsError)) throw error;
      input.ariaInvalid = 'true';
      errorText.replaceChildren(error.message, excerpt(input.value, error.at));
      errorText.hidden = false;
      return undefined;
    }
  }

  #showStatus(text: string): void {
    this.#status.textContent = text;
  }
}

/** Shows the line with the fault, the fault marked. */
function excerpt(text: string, at: number): HTMLElement {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const from = Math.max(start, at - 24);
  const lineEnd = text.indexOf('\n', at);
  const to = Math.min(lineEnd < 0 ? text.length : lineEnd, at + 12);
  const mark = make('mark', '', text.slice(at, at + 1).trim() || '␣');
  return make('code', '', (from > start ? '…' : '') + text.slice(from, at), mark, text.slice(at + 1, to));
}
