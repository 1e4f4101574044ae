/**
 * Shows the bytes of one item and of the items that define its ids: a hex dump beside
 * a table of the parts. A part under the pointer or with the focus is marked in both.
 */

import type { WirePosition } from './chunk';
import { make } from './dom';
import { byteSize, plural, whole } from './number';
import type { Item, Part } from './block_explainer';
import { hex } from './value_explainer';

/** Parts under one heading; without parts, bytes that are left out. */
interface Group {
  readonly title: string;
  readonly note: string;
  readonly offset: number;
  readonly length: number;
  readonly parts: readonly Part[];
  readonly selected?: boolean;
}

/** Bytes of a long part that are shown. */
const MOST_BYTES = 256;
const STYLES: Record<string, string> = {
  key: 'p-key',
  keys: 'p-frame',
  item: 'p-frame',
  length: 'p-frame',
  version: 'p-frame',
  flags: 'p-frame',
  'sync marker': 'p-frame',
  id: 'p-ident',
  site: 'p-ident',
  logger: 'p-ident',
  context: 'p-ident',
  name: 'p-message',
  message: 'p-message',
  malformed: 'p-bad',
};

export class WireView {
  readonly element = make('div', 'wire');
  readonly #hex = make('div', 'hex');
  readonly #body = make('tbody');
  readonly #rows: HTMLTableRowElement[] = [];
  readonly #marks: HTMLElement[][] = [];
  #hot = -1;
  readonly #base: number;
  /** The first part of the selected item. */
  readonly #first: HTMLTableRowElement;

  constructor(position: WirePosition) {
    this.#base = position.base;
    const groups = groupsOf(position);
    const perLine = matchMedia('(max-width: 680px)').matches ? 8 : 16;
    for (const group of groups) this.#drawGroup(group, position.bytes, perLine);

    const { block } = position;
    const many = block.items.filter((item) => item.kind === 'RECORD').length;
    const size = make('small', '', ` block of ${byteSize(block.length)}, ${plural(many, 'record')}`);
    const head = make('thead', '', make('tr', '', ...['Offset', 'Bytes', 'Name', 'Meaning'].map(heading)));
    const table = make('table', 'parts', head, this.#body);
    table.setAttribute('aria-label', 'The bytes, field by field');
    this.#hex.setAttribute('aria-hidden', 'true');
    this.element.append(
      make('div', '', make('h3', '', 'On the wire', size), this.#hex),
      make('div', '', make('h3', '', 'Field by field', make('small', '', ' arrows go through')), make('div', 'parts-box', table)),
    );
    const before = groups.slice(0, groups.findIndex((group) => group.selected));
    this.#first = this.#rows[before.reduce((at, { parts }) => at + parts.length, 0)]!;
    this.#first.tabIndex = 0;
    for (const type of ['mouseover', 'click', 'focusin'] as const) this.element.addEventListener(type, (event) => this.#point(event));
    this.element.addEventListener('mouseleave', () => this.#heat(this.#rows.indexOf(document.activeElement as HTMLTableRowElement)));
    this.#body.addEventListener('keydown', (event) => this.#key(event));
  }

  /** Brings the selected item into view, below its heading; the page stays where it is. */
  showSelected(): void {
    const box = this.#first.closest<HTMLElement>('.parts-box')!;
    const heading = this.#first.previousElementSibling!;
    if (box.scrollHeight > box.clientHeight) box.scrollTop += heading.getBoundingClientRect().top - box.getBoundingClientRect().top - 30;
  }

  #drawGroup(group: Group, bytes: Uint8Array, perLine: number): void {
    const title = make('th', '', group.title, make('small', '', group.note && ` ${group.note}`));
    title.colSpan = 4;
    title.scope = 'rowgroup';
    this.#body.append(make('tr', 'group', title));
    if (group.parts.length === 0) {
      this.#hex.append(make('div', 'hex-gap', `⋮ ${plural(group.length, 'byte')}`));
      return;
    }
    const cells: [number, number][] = [];
    for (const part of group.parts) {
      const index = this.#rows.length;
      this.#marks.push([]);
      this.#drawRow(part, bytes, index);
      const shown = Math.min(part.length, MOST_BYTES);
      for (let at = 0; at < shown; at++) cells.push([part.offset + at, index]);
      if (shown < part.length) {
        this.#drawLines(cells.splice(0), bytes, perLine);
        this.#hex.append(make('div', 'hex-gap', `⋮ ${whole(part.length - shown)} more bytes of ${part.name}`));
      }
    }
    this.#drawLines(cells, bytes, perLine);
  }

  #drawRow(part: Part, bytes: Uint8Array, index: number): void {
    const shown = [...bytes.subarray(part.offset, part.offset + Math.min(part.length, 4))].map(hex).join(' ');
    const more = part.length > 4 ? ` +${whole(part.length - 4)}` : '';
    const name = make('td', `name ${style(part)}`, part.name);
    name.style.setProperty('--depth', String(part.depth));
    const meaning = make('td', part.holds === false ? 'meaning p-bad' : 'meaning', shorten(part.meaning));
    const row = make('tr', '', make('td', 'num', this.#offset(part.offset)), make('td', 'num bytes-column', shown + more), name, meaning);
    row.tabIndex = -1;
    row.dataset['part'] = String(index);
    this.#rows.push(row);
    this.#body.append(row);
  }

  #drawLines(cells: readonly (readonly [number, number])[], bytes: Uint8Array, perLine: number): void {
    for (let at = 0; at < cells.length; at += perLine) {
      const line = cells.slice(at, at + perLine);
      const dump = make('span', 'bytes');
      dump.style.minWidth = `${perLine * 2.5}ch`;
      const chars = make('span', 'hex-chars');
      for (const [offset, part] of line) {
        const byte = bytes[offset]!;
        this.#mark(dump, part, hex(byte));
        this.#mark(chars, part, byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·');
      }
      const offset = make('span', 'hex-at', this.#offset(line[0]![0]));
      this.#hex.append(make('div', 'hex-line', offset, dump, chars));
    }
  }

  #offset(at: number): string {
    return (this.#base + at).toString(16).toUpperCase().padStart(5, '0');
  }

  #mark(line: HTMLElement, part: number, text: string): void {
    const cell = make('b', this.#rows[part]!.querySelector('.name')!.classList[1] ?? '', text);
    cell.dataset['part'] = String(part);
    // The space belongs to the byte, so that a run of bytes is marked without gaps.
    this.#marks[part]!.push(cell);
    line.append(cell);
  }

  #point(event: Event): void {
    const part = (event.target as HTMLElement).closest<HTMLElement>('[data-part]')?.dataset['part'];
    if (part === undefined) return;
    this.#heat(Number(part));
    if (event.type === 'click') this.#focus(Number(part));
    else if (event.type === 'mouseover' && this.#hex.contains(event.target as Node)) reveal(this.#rows[Number(part)]!);
    else if (event.type === 'focusin') this.#marks[Number(part)]?.[0]?.scrollIntoView({ block: 'nearest' });
  }

  #heat(part: number): void {
    for (const [index, hot] of [[this.#hot, false], [part, true]] as const) {
      this.#rows[index]?.classList.toggle('hot', hot);
      for (const mark of this.#marks[index] ?? []) mark.classList.toggle('hot', hot);
    }
    this.#hot = part;
  }

  #focus(part: number): void {
    for (const row of this.#rows) row.tabIndex = -1;
    const row = this.#rows[part]!;
    row.tabIndex = 0;
    row.focus({ preventScroll: true });
    reveal(row);
  }

  #key(event: KeyboardEvent): void {
    const now = Number((event.target as HTMLElement).dataset['part']);
    const last = this.#rows.length - 1;
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, PageDown: now + 10, PageUp: now - 10, Home: 0, End: last }[event.key];
    if (to === undefined || Number.isNaN(now)) return;
    event.preventDefault();
    this.#focus(Math.min(Math.max(0, to), last));
  }
}

function groupsOf({ block, item }: WirePosition): Group[] {
  const shown = new Set([item, ...block.items[item]!.uses]);
  const groups: Group[] = [
    { title: 'Block', note: 'head', offset: block.offset, length: 10, parts: block.head },
  ];
  let hidden: Item[] = [];
  const leaveOut = () => {
    if (hidden.length === 0) return;
    const length = hidden.reduce((total, item) => total + item.length, 0);
    const note = `${plural(length, 'byte')}, not of this one`;
    groups.push({ title: plural(hidden.length, 'other item'), note, offset: hidden[0]!.offset, length, parts: [] });
    hidden = [];
  };
  for (const [index, one] of block.items.entries()) {
    if (!shown.has(index)) {
      hidden.push(one);
      continue;
    }
    leaveOut();
    const note = index === item ? 'the selected one' : 'defines an id below';
    groups.push({ title: one.kind, note, offset: one.offset, length: one.length, parts: one.parts, selected: index === item });
  }
  leaveOut();
  groups.push({ title: 'Block', note: 'end', offset: block.offset + block.length - 4, length: 4, parts: block.tail });
  return groups;
}

function heading(text: string): HTMLElement {
  const cell = make('th', text === 'Bytes' ? 'num bytes-column' : text === 'Offset' ? 'num' : '', text);
  cell.scope = 'col';
  return cell;
}

function style(part: Part): string {
  if (part.holds === false) return 'p-bad';
  return STYLES[part.name] ?? (part.name.startsWith('value') || part.name === 'element' ? 'p-value' : 'p-plain');
}

function shorten(text: string): string {
  return text.length > 400 ? `${text.slice(0, 300)} … ${text.slice(-60)}` : text;
}

/** Scrolls a row into view within its own box; the page stays where it is. */
function reveal(row: HTMLElement): void {
  const box = row.closest<HTMLElement>('.parts-box')!;
  const [inside, around] = [row.getBoundingClientRect(), box.getBoundingClientRect()];
  if (inside.top < around.top + 32) box.scrollTop += inside.top - around.top - 32;
  else if (inside.bottom > around.bottom) box.scrollTop += inside.bottom - around.bottom;
}
