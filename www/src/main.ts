/** Makes the parts of the page, and connects them. */

import { ready, stats } from 'kakashi-wasm';
import { RecordView } from './record_view';
import { WireChunk } from './chunk';
import { Counts } from './counts';
import { byId, oncePerFrame } from './dom';
import { followFiles } from './open_file';
import { FilterError, parseFilter } from './filter';
import { WriteForm } from './write_form';
import { Lines } from './lines';
import { Load } from './load';
import { byteSize, plural, whole } from './number';
import { Plot } from './plot';
import { Records } from './records';
import { PathForm } from './path_form';
import { Table } from './table';
import { followTheme } from './theme';

const MOST_ROWS = 1_000_000;

let redraw: () => void = () => {};

function start(): void {
  const records = new Records(MOST_ROWS);
  const table = new Table(byId('table', HTMLDivElement), records);
  const recordView = new RecordView();
  const lines = new Lines();
  const counts = new Counts();
  const plot = new Plot();
  let arrived = 0;

  const path = new PathForm({
    wire(batch) {
      arrived += batch.count;
      records.push(WireChunk.ofOwnBlock(batch.bytes), 'this page');
    },
    lines: (batch) => lines.push(batch),
    failed: (error) => notice(`A sink failed: ${messageOf(error)}`),
  });
  byId('sink', HTMLSelectElement).addEventListener('change', () => (lines.shown = path.linesAreShown));
  const form = new WriteForm(path);
  new Load(() => {
    const context = form.context();
    return context && { logger: path.logger(form.loggerName), context };
  });

  table.selected = (row) => recordView.show(row);
  table.entered = () => recordView.enter();
  records.changed = () => {
    table.draw();
    showRecordStatus();
  };
  const showRecordStatus = oncePerFrame(() => {
    const { passing, count, progress, bytes } = records;
    const held = count === records.arrived ? '' : `, the latest of ${whole(records.arrived)}`;
    const looking = progress < 1 ? `, looking: ${Math.floor(progress * 100)} %` : '';
    const shown = passing === count ? plural(count, 'row') : `${whole(passing)} of ${plural(count, 'row')}`;
    byId('records-status', HTMLParagraphElement).textContent = `${shown}${held}${looking}${count ? `, held in ${byteSize(bytes)}` : ''}`;
  });
  showRecordStatus();
  followToolbar(records, table, lines);
  followFiles(
    (chunk, source) => records.push(chunk, source),
    (source, rows) => notice(rows === 0 ? `${source} is empty` : ''),
    (error) => notice(`The file cannot be read: ${messageOf(error)}`),
  );
  redraw = () => plot.draw();
  redraw();
  if (matchMedia('(max-width: 900px)').matches) {
    for (const id of ['path', 'load']) byId(id, HTMLDetailsElement).open = false;
  }

  const refresh = () => {
    const now = stats();
    counts.show(now, path.destinations);
    return now;
  };
  setInterval(refresh, 200);
  setInterval(() => plot.sample(arrived, refresh().dropped.total), Plot.everyMillis);
  refresh();
}

function followToolbar(records: Records, table: Table, lines: Lines): void {
  const text = byId('filter', HTMLInputElement);
  const level = byId('filter-level', HTMLSelectElement);
  const follow = byId('follow', HTMLInputElement);
  const apply = () => {
    let problem = '';
    try {
      records.filter(parseFilter(text.value, Number(level.value)));
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      problem = error.message;
    }
    // The rows stay as the last filter left them.
    text.setAttribute('aria-invalid', String(problem !== ''));
    notice(problem);
  };
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
  const element = byId('notice', HTMLParagraphElement);
  element.textContent = text;
  element.hidden = text === '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// At once: the colours must not wait for the wasm.
followTheme(() => redraw());
ready.then(start).catch((error: unknown) => notice(`kakashi did not start: ${messageOf(error)}`));
