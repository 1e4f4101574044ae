/** Puts the page together. */

import { ready, stats } from 'kakashi-wasm';
import { ChosenView } from './chosen';
import { WireChunk } from './chunk';
import { Counts } from './counts';
import { byId, oncePerFrame } from './dom';
import { followFiles } from './drop_file';
import { parseFilter } from './filter';
import { WriteForm } from './form';
import { Lines } from './lines';
import { Load } from './load';
import { byteSize, plural, whole } from './number';
import { Plot } from './plot';
import { Records } from './records';
import { Road } from './road';
import { Table } from './table';
import { followTheme } from './theme';

const MOST_ROWS = 1_000_000;

let redraw: () => void = () => {};

function start(): void {
  const records = new Records(MOST_ROWS);
  const table = new Table(byId('table', HTMLDivElement), records);
  const chosen = new ChosenView();
  const lines = new Lines();
  const counts = new Counts();
  const plot = new Plot();
  let arrived = 0;

  const road = new Road({
    wire(batch) {
      arrived += batch.count;
      records.push(WireChunk.ofOwnBlock(batch.bytes), 'this page');
    },
    lines: (batch) => lines.push(batch),
    failed: (error) => notice(`A sink failed: ${messageOf(error)}`),
  });
  byId('sink', HTMLSelectElement).addEventListener('change', () => (lines.shown = road.linesAreShown));
  const form = new WriteForm(road);
  new Load(() => {
    const context = form.context();
    return context && { logger: road.logger(form.loggerName), context };
  });

  table.chosen = (row) => chosen.show(row);
  table.entered = () => chosen.enter();
  records.changed = () => {
    table.draw();
    sayRecords();
  };
  const sayRecords = oncePerFrame(() => {
    const { passing, count, progress, bytes } = records;
    const held = count === records.arrived ? '' : `, the latest of ${whole(records.arrived)}`;
    const looking = progress < 1 ? `, looking: ${Math.floor(progress * 100)} %` : '';
    const shown = passing === count ? plural(count, 'row') : `${whole(passing)} of ${plural(count, 'row')}`;
    byId('records-said', HTMLParagraphElement).textContent = `${shown}${held}${looking}${count ? `, held in ${byteSize(bytes)}` : ''}`;
  });
  sayRecords();
  followToolbar(records, table, lines);
  followFiles(
    (chunk, source) => records.push(chunk, source),
    (source, rows) => notice(rows === 0 ? `${source} is empty` : ''),
    (error) => notice(`The file cannot be read: ${messageOf(error)}`),
  );
  redraw = () => plot.draw();
  redraw();
  if (matchMedia('(max-width: 900px)').matches) {
    for (const id of ['road', 'load']) byId(id, HTMLDetailsElement).open = false;
  }

  const look = () => {
    const now = stats();
    counts.show(now, road.destinations);
    return now;
  };
  setInterval(look, 200);
  setInterval(() => plot.sample(arrived, look().dropped.total), Plot.everyMillis);
  look();
}

function followToolbar(records: Records, table: Table, lines: Lines): void {
  const text = byId('filter', HTMLInputElement);
  const level = byId('filter-level', HTMLSelectElement);
  const follow = byId('follow', HTMLInputElement);
  const apply = () => records.filter(parseFilter(text.value, Number(level.value)));
  text.addEventListener('input', apply);
  level.addEventListener('change', apply);
  text.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    text.value = '';
    apply();
  });
  follow.addEventListener('change', () => (table.follow = follow.checked));
  table.followed = (now) => (follow.checked = now);
  byId('clear', HTMLButtonElement).addEventListener('click', () => {
    table.forget();
    table.follow = true;
    records.clear();
    lines.clear();
  });
}

function notice(text: string): void {
  const told = byId('notice', HTMLParagraphElement);
  told.textContent = text;
  told.hidden = text === '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// At once: the page shall not show other colours until the wasm is there.
followTheme(() => redraw());
ready.then(start).catch((error: unknown) => notice(`kakashi did not start: ${messageOf(error)}`));
