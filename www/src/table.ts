/**
 * The table of records: only the rows in view exist.
 *
 * A grid with one tab stop; arrows, Page Up and Down, Home and End move the
 * selected row. A million rows are taller than a browser can scroll: from
 * `MOST_PIXELS` on, a pixel of the scroll bar is more than a pixel of rows.
 */

import { make, oncePerFrame } from './dom';
import type { SelectedRow, Records } from './records';
import { showFields, type Row } from './row';

const MOST_PIXELS = 8_000_000;
const COLUMNS = ['time', 'level', 'logger', 'message', 'fields'] as const;

interface Drawn {
  readonly element: HTMLElement;
  readonly cells: readonly HTMLElement[];
  number: number;
}

export class Table {
  /** Called when another row is selected, or none. */
  selected: (row: SelectedRow | undefined) => void = () => {};
  /** Called when the table begins or ceases to follow the newest row. */
  followed: (follow: boolean) => void = () => {};
  /** Called when Enter is pressed on a row. */
  entered: () => void = () => {};
  readonly draw = oncePerFrame(() => this.#draw());
  readonly #grid = make('div', 'grid');
  readonly #head = make('div', 'grid-head', ...COLUMNS.map((name) => withRole(make('div', '', name), 'columnheader')));
  readonly #body = make('div', 'grid-body');
  readonly #spacer = make('div');
  readonly #empty = make('div', 'empty');
  #drawn: Drawn[] = [];
  #rowHeight = 28;
  #selectedNumber = -1;
  #follow = true;
  /** The scroll position that this class set last; another one is the user's. */
  #setTop = 0;

  constructor(
    box: HTMLElement,
    readonly records: Records,
  ) {
    this.#head.ariaRowIndex = '1';
    this.#body.tabIndex = -1;
    this.#spacer.setAttribute('role', 'presentation');
    this.#empty.append(
      make('b', '', 'No records yet'),
      make('span', '', 'Press “Log it”, run a load, or drop a .klog or JSON-lines file on this page.'),
    );
    this.#body.append(this.#spacer, this.#empty);
    this.#grid.append(withRole(this.#head, 'row'), withRole(this.#body, 'rowgroup'));
    withRole(this.#grid, 'grid').tabIndex = 0;
    this.#grid.ariaLabel = 'Records';
    this.#grid.ariaColCount = String(COLUMNS.length);
    box.append(this.#grid);

    this.#body.addEventListener('scroll', () => this.#scrolled());
    this.#grid.addEventListener('keydown', (event) => this.#key(event));
    this.#body.addEventListener('mousedown', (event) => {
      const row = (event.target as HTMLElement).closest<HTMLElement>('.grid-row');
      if (!row) return;
      this.#select(Number(row.dataset['number']));
      // The body would take the focus: the grid is the tab stop.
      event.preventDefault();
      this.#grid.focus({ preventScroll: true });
    });
    new ResizeObserver(() => {
      this.#rowHeight = parseFloat(getComputedStyle(this.#grid).getPropertyValue('--row')) || 28;
      // The head is as wide as the cells below it, which lie beside a scroll bar.
      this.#head.style.marginRight = `${this.#body.offsetWidth - this.#body.clientWidth}px`;
      this.draw();
    }).observe(this.#body);
  }

  get follow(): boolean {
    return this.#follow;
  }
  set follow(follow: boolean) {
    if (this.#follow !== follow) this.followed(follow);
    this.#follow = follow;
    this.draw();
  }

  /** Selects no row. */
  forget(): void {
    this.#select(-1);
  }

  #select(number: number): void {
    if (number === this.#selectedNumber) return;
    this.#selectedNumber = number;
    // The selected row must not scroll away while others come in.
    if (number >= 0) this.follow = false;
    this.selected(this.records.byNumber(number));
    this.draw();
  }

  get #rowsInView(): number {
    return this.#body.clientHeight / this.#rowHeight;
  }

  /** How far the body can be scrolled, in pixels and in rows. */
  #scrollRange(): { pixels: number; rows: number } {
    const count = this.records.passing;
    const height = Math.min(count * this.#rowHeight, MOST_PIXELS);
    return {
      pixels: Math.max(0, height - this.#body.clientHeight),
      rows: Math.max(0, count - this.#rowsInView),
    };
  }

  #scrolled(): void {
    const { scrollTop } = this.#body;
    if (Math.abs(scrollTop - this.#setTop) > 1) {
      this.#setTop = scrollTop;
      this.follow = scrollTop >= this.#scrollRange().pixels - 2;
    }
    this.draw();
  }

  #scrollTo(top: number): void {
    const { pixels, rows } = this.#scrollRange();
    this.#body.scrollTop = rows > 0 ? (Math.min(Math.max(0, top), rows) / rows) * pixels : 0;
    this.#setTop = this.#body.scrollTop;
  }

  /** The row, or part of one, at the upper edge. */
  get #top(): number {
    const { pixels, rows } = this.#scrollRange();
    return pixels > 0 ? (this.#body.scrollTop / pixels) * rows : 0;
  }

  #draw(): void {
    const { records } = this;
    const count = records.passing;
    this.#spacer.style.height = `${Math.min(count * this.#rowHeight, MOST_PIXELS)}px`;
    this.#empty.hidden = count > 0;
    if (count === 0 && records.count > 0) this.#showNothingPasses();
    this.#grid.ariaRowCount = String(count + 1);
    if (this.#follow) this.#scrollTo(Infinity);

    const top = this.#top;
    const first = Math.floor(top);
    const last = Math.min(count, Math.ceil(top + this.#rowsInView));
    const wanted = Math.max(0, last - first);
    while (this.#drawn.length < wanted) this.#drawn.push(this.#makeRow());
    while (this.#drawn.length > wanted) this.#drawn.pop()!.element.remove();
    let active = '';
    for (const [index, drawn] of this.#drawn.entries()) {
      const entry = records.at(first + index);
      if (!entry) continue;
      this.#fill(drawn, entry);
      drawn.element.style.transform = `translateY(${this.#body.scrollTop + (first + index - top) * this.#rowHeight}px)`;
      drawn.element.ariaRowIndex = String(first + index + 2);
      const isSelected = entry.number === this.#selectedNumber;
      drawn.element.ariaSelected = String(isSelected);
      drawn.element.id = isSelected ? 'selected-row' : '';
      if (isSelected) active = 'selected-row';
    }
    if (active) this.#grid.setAttribute('aria-activedescendant', active);
    else this.#grid.removeAttribute('aria-activedescendant');
  }

  #showNothingPasses(): void {
    const [title, text] = this.#empty.children;
    const done = this.records.progress === 1;
    title!.textContent = done ? 'Nothing passes the filter' : 'Looking …';
    text!.textContent = done ? 'Escape in the filter box takes it away.' : '';
  }

  #makeRow(): Drawn {
    const cells = COLUMNS.map((name) => withRole(make('div', `c-${name}`), 'gridcell'));
    const element = withRole(make('div', 'grid-row', ...cells), 'row');
    this.#body.append(element);
    return { element, cells, number: -1 };
  }

  #fill(drawn: Drawn, { number, row }: SelectedRow): void {
    if (drawn.number === number) return;
    drawn.number = number;
    drawn.element.dataset['number'] = String(number);
    drawn.element.dataset['kind'] = row.kind;
    drawn.element.dataset['level'] = row.levelName;
    const [time, level, logger, message, fields] = drawn.cells;
    time!.replaceChildren(...showTime(row));
    level!.textContent = row.levelName;
    logger!.textContent = row.logger;
    message!.textContent = row.message;
    fields!.textContent = showFields(row.fields);
  }

  #key(event: KeyboardEvent): void {
    const count = this.records.passing;
    if (count === 0 || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.#rowsInView) - 1);
    const now = this.records.positionOf(this.#selectedNumber);
    const from = now >= 0 ? now : Math.floor(this.#top) - (event.key === 'ArrowDown' ? 1 : 0);
    const to = {
      ArrowDown: from + 1,
      ArrowUp: from - 1,
      PageDown: from + page,
      PageUp: from - page,
      Home: 0,
      End: count - 1,
    }[event.key];
    if (to === undefined) {
      if (event.key === 'Enter' && now >= 0) this.entered();
      else if (event.key === 'Escape') this.forget();
      else return;
      event.preventDefault();
      return;
    }
    event.preventDefault();
    const position = Math.min(Math.max(0, to), count - 1);
    this.#select(this.records.at(position)?.number ?? -1);
    if (position < this.#top) this.#scrollTo(position);
    else if (position + 1 > this.#top + this.#rowsInView) this.#scrollTo(position + 1 - this.#rowsInView);
    this.draw();
  }
}

function withRole<E extends HTMLElement>(element: E, role: string): E {
  element.setAttribute('role', role);
  return element;
}

/** Splits a wall time into its date, which narrow tables hide, and the time of day. */
function showTime({ timestamp }: Row): (Node | string)[] {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)\d*Z$/.exec(timestamp);
  return parts ? [make('span', 'date', `${parts[1]} `), parts[2]!] : [timestamp];
}
