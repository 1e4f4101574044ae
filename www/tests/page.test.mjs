// The page as people use it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test, { after, before } from 'node:test';
import { counts, dropFile, eventually, openBrowser, write } from './browser.mjs';
import { loadSource } from './load_source.mjs';

const vectors = JSON.parse(readFileSync(new URL('../../tests/vectors/records.json', import.meta.url)));
const { crc32 } = await loadSource('crc32.ts');

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

const rows = (page) => page.locator('.grid-row');
const recordStatus = (page) => page.locator('#records-status').textContent();
const rowCount = async (page) => Number(await page.locator('.grid').getAttribute('aria-rowcount')) - 1;
const untilRows = (page, count) => eventually(async () => (await rowCount(page)) === count, `${count} rows`);
const isBalanced = ({ sent, written, dropped, buffered, pending }) => sent === written + dropped + buffered + pending;

test('a typed record is seen as a row, as a line and in the counts', async () => {
  const page = await browser.openPage();
  await write(page, {
    message: 'Payment slow',
    fields: 'order=7 total=12.5 note="gift wrap" paid=false',
    context: 'requestId=r-1 shop=north',
    level: 'WARNING',
    logger: 'shop::pay',
  });
  await untilRows(page, 1);
  const row = rows(page).first();
  assert.equal(await row.locator('.c-level').textContent(), 'WARNING');
  assert.equal(await row.locator('.c-logger').textContent(), 'shop::pay');
  assert.equal(await row.locator('.c-message').textContent(), 'Payment slow');
  const fields = await row.locator('.c-fields').textContent();
  for (const field of ['order=7', 'total=12.5', 'note="gift wrap"', 'paid=false', 'request_id=r-1', 'shop=north']) {
    assert.ok(fields.includes(field), `${field} in ${fields}`);
  }
  const line = await page.locator('#lines > div:not(.empty)').textContent();
  assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z WARNING shop::pay Payment slow order=7 total=12.5 note="gift wrap"/);
  const shown = await eventually(async () => {
    const shown = await counts(page);
    return shown.written === 2 && shown;
  }, 'both destinations have it');
  assert.deepEqual(shown, { sent: 2, written: 2, dropped: 0, buffered: 0, pending: 0 });
  assert.ok(isBalanced(shown));
});

test('lines come in the chosen format', async () => {
  const page = await browser.openPage();
  const last = page.locator('#lines > div:not(.empty)').last();
  await page.selectOption('#format', 'json');
  await write(page, { message: 'as JSON', fields: '{"list": [1, {"a": null}]}', context: '' });
  await untilRows(page, 1);
  const line = JSON.parse(await last.textContent());
  assert.equal(line.message, 'as JSON');
  assert.deepEqual(line.list, [1, { a: null }]);
  await page.selectOption('#format', 'wire');
  await write(page, { message: 'as wire' });
  await untilRows(page, 2);
  await eventually(async () => /^1 record in \d+ bytes: F5 6B 6B FA 01 00/.test(await last.textContent()), 'a block');
});

test('what is below the threshold has no effect, and the page says so', async () => {
  const page = await browser.openPage();
  await page.selectOption('#threshold', 'ERROR');
  await write(page, { message: 'quiet', level: 'INFO' });
  assert.match(await page.locator('#write-status').textContent(), /Below the threshold/);
  await write(page, { message: 'loud', level: 'ERROR' });
  await untilRows(page, 1);
});

test('a fault in the fields is shown beside them, with its place', async () => {
  const page = await browser.openPage();
  await write(page, { fields: '{"a": 1,\n "b": }' });
  const error = page.locator('#fields-error');
  assert.match(await error.textContent(), /line 2, column 7/);
  assert.equal(await page.locator('#fields').getAttribute('aria-invalid'), 'true');
  await page.fill('#fields', 'a=1 b="never closed');
  assert.match(await error.textContent(), /never closed.*column 7/);
  await page.fill('#fields', 'a=1');
  assert.equal(await error.isVisible(), false);
  assert.equal(await rowCount(page), 0);
});

test('the filter takes words, fields, their absence and levels', async () => {
  const page = await browser.openPage();
  await page.click('#log-mixed');
  await write(page, { message: 'Needle found', fields: 'order=77 colour=red' });
  await untilRows(page, 21);
  for (const [text, level, expected] of [
    ['needle', '0', 1],
    ['order=77', '0', 1],
    ['order=7', '0', 0],
    ['order -needle', '0', 20],
    ['"needle found" colour=red', '0', 1],
    ['', '40', 3],
    ['gone', '40', 1],
    ['', '0', 21],
  ]) {
    await page.selectOption('#filter-level', level);
    await page.fill('#filter', text);
    await eventually(async () => (await rowCount(page)) === expected, `${expected} rows for ${text} from ${level}`);
  }
  await page.fill('#filter', 'nowhere');
  await page.locator('.empty', { hasText: 'Nothing passes' }).waitFor();
  await page.locator('#filter').press('Escape');
  await untilRows(page, 21);
});

test('the table is a grid that the keyboard goes through', async () => {
  const page = await browser.openPage();
  for (let click = 0; click < 3; click++) await page.click('#log-mixed');
  await untilRows(page, 60);
  const grid = page.getByRole('grid');
  await grid.focus();
  const active = () =>
    page.evaluate(() => {
      const id = document.activeElement.getAttribute('aria-activedescendant');
      const row = id && document.getElementById(id);
      const body = row && row.parentElement.getBoundingClientRect();
      const own = row && row.getBoundingClientRect();
      const seen = row && own.top >= body.top - 1 && own.bottom <= body.bottom + 1;
      return row && seen ? Number(row.getAttribute('aria-rowindex')) : null;
    });
  const press = async (key, expected) => {
    await grid.press(key);
    await eventually(async () => (await active()) === expected, `${key} goes to row ${expected}`, 3000);
  };
  await press('Home', 2);
  await press('ArrowDown', 3);
  await press('ArrowUp', 2);
  await press('ArrowUp', 2);
  await press('End', 61);
  await press('ArrowUp', 60);
  await grid.press('PageUp');
  const paged = await eventually(async () => ((await active()) ?? 60) < 60 && active(), 'a page up');
  assert.ok(paged < 55 && paged > 30, `row ${paged}`);
  await press('PageDown', 60);
  assert.equal(await page.locator('#follow').isChecked(), false);

  /** The bytes of the selected item's body. */
  const recordBytes = () =>
    page.evaluate(() => {
      const heading = [...document.querySelectorAll('.parts .group')].find((row) => row.textContent.includes('the selected one'));
      const parts = [];
      for (let row = heading.nextElementSibling; row?.dataset.part; row = row.nextElementSibling) parts.push(row.dataset.part);
      return parts.slice(2).flatMap((part) => [...document.querySelectorAll(`.hex .bytes b[data-part="${part}"]`)].map((byte) => byte.textContent));
    });

  // Enter goes on to the bytes, where arrows go from part to part.
  await eventually(() => page.locator('.parts tr[tabindex="0"]').count(), 'the explained bytes');
  await grid.press('Enter');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.locator('.parts tr.hot .name').textContent(), 'length');
  assert.equal(await page.locator('.parts tr.hot .meaning').textContent(), `${(await recordBytes()).length} bytes of body`);
  await page.keyboard.press('Home');
  assert.deepEqual(await page.locator('.hex .bytes b.hot').allTextContents(), ['F5', '6B', '6B', 'FA']);
});

test('every control can be reached by Tab and shows its focus', async () => {
  const page = await browser.openPage();
  const seen = new Set();
  for (let press = 0; press < 40; press++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const { activeElement: at } = document;
      const ring = getComputedStyle(at.type === 'radio' ? at.nextElementSibling : at);
      return at === document.body ? null : [at.id || at.name || at.className || at.tagName, ring.outlineStyle];
    });
    if (!at) break;
    assert.notEqual(at[1], 'none', `${at[0]} has a focus ring`);
    seen.add(at[0]);
  }
  for (const id of ['theme', 'message', 'fields', 'context', 'level', 'logger', 'log', 'kind', 'batch', 'format', 'sink', 'behaviour', 'load-run', 'filter', 'filter-level', 'follow', 'open-file', 'clear', 'grid', 'lines']) {
    assert.ok(seen.has(id), `${id} among ${[...seen]}`);
  }
});

test('the bytes of the selected record are explained, and marked both ways', async () => {
  const page = await browser.openPage();
  await write(page, { message: 'Read my bytes', fields: 'answer=42', context: 'step=1', logger: 'wire::reader' });
  await untilRows(page, 1);
  await rows(page).first().click();
  const parts = page.locator('.parts tr[data-part]');
  await parts.first().waitFor();
  const explained = await parts.evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  const meaning = (name) => explained.filter((row) => row[2] === name).map((row) => row[3]);
  assert.ok(meaning('CRC-32')[0].endsWith(': holds'));
  assert.ok(meaning('message').includes('"Read my bytes"'));
  assert.ok(meaning('name').includes('"wire::reader"'));
  assert.deepEqual(meaning('level'), ['20: INFO']);
  assert.ok(meaning('value').some((text) => text.startsWith('42 (integer')));
  // One block, one record: all its bytes are there.
  const bytes = await page.locator('.hex .bytes b').allTextContents();
  assert.equal(bytes.slice(0, 4).join(' '), 'F5 6B 6B FA');
  const length = bytes.slice(6, 10).reduceRight((total, byte) => total * 256 + parseInt(byte, 16), 0);
  assert.equal(bytes.length, length + 14);

  await page.locator('.hex .bytes b').nth(7).hover();
  assert.equal(await page.locator('.parts tr.hot .name').textContent(), 'length');
  await parts.first().hover();
  assert.deepEqual(await page.locator('.hex .bytes b.hot').allTextContents(), ['F5', '6B', '6B', 'FA']);
  await browser.screenshot(page, 'wire-light');
});

/** A block with a DROPPED item: 15 at DEBUG, 2 at ERROR, for queue_full. */
function droppedBlock() {
  const body = Buffer.from([0x20, 0, 15, 0, 0, 2, 0, 1, 10, ...Buffer.from('queue_full'), 17]);
  const head = Buffer.from([1, 0, body.length + 2, 0, 0, 0, 5, body.length]);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(crc32(Buffer.concat([head, body])));
  return Buffer.concat([Buffer.from('f56b6bfa', 'hex'), head, body, tail]);
}

test('a dropped .klog becomes rows, and so does what is no record in it', async () => {
  const page = await browser.openPage();
  const blocks = vectors.map((vector) => Buffer.from(vector.wire_block_hex, 'hex'));
  const klog = Buffer.concat([...blocks, Buffer.from('thirteen byte'), droppedBlock(), blocks[0].subarray(0, 30)]);
  await dropFile(page, 'vectors.klog', klog);
  await untilRows(page, vectors.length + 3);
  await page.getByRole('grid').focus();
  await page.keyboard.press('End');
  const last = rows(page).last();
  await eventually(async () => /^30 bytes skipped/.test(await last.locator('.c-message').textContent()), 'the torn tail');
  const kinds = await rows(page).evaluateAll((rows) => rows.slice(-3).map((row) => row.dataset.kind));
  assert.deepEqual(kinds, ['skipped', 'dropped', 'skipped']);
  const dropped = await rows(page).nth(-2).textContent();
  assert.match(dropped, /17 records were dropped here.*DEBUG=15 ERROR=2 queue_full=17/);
  await rows(page).nth(-2).click();
  await page.locator('.parts .group', { hasText: 'DROPPED' }).waitFor();

  // Each vector's row, by what its JSON line says, and its bytes.
  await page.locator('#table .grid').press('Home');
  for (const [index, vector] of vectors.slice(0, 12).entries()) {
    const { message, logger } = JSON.parse(vector.json);
    const row = page.locator(`#selected-row[aria-rowindex="${index + 2}"]`);
    assert.equal(await row.locator('.c-message').textContent(), message);
    assert.equal(await row.locator('.c-logger').textContent(), logger);
    assert.equal(await row.locator('.c-level').textContent(), vector.level);
    await eventually(async () => {
      const bytes = await page.locator('.hex .bytes b').allTextContents();
      return bytes.join('').toLowerCase() === vector.wire_block_hex;
    }, `the bytes of ${vector.name}`);
    await page.locator('#table .grid').press('ArrowDown');
  }
  await browser.screenshot(page, 'klog-light');
});

test('dropped JSON lines become rows, and a line that is none says why', async () => {
  const page = await browser.openPage();
  const good = vectors.slice(0, 40).map((vector) => vector.json);
  const file = [...good, '{"torn": ', '[1]', '', ''].join('\n');
  await dropFile(page, 'app.jsonl', Buffer.from(file));
  await untilRows(page, 42);
  const texts = await page.locator('.grid-row[data-kind="skipped"] .c-message').allTextContents();
  assert.match(texts[0], /^line skipped: .*JSON/);
  assert.equal(texts[1], 'line skipped: JSON, but no object');
  await page.fill('#filter', 'skipped');
  await untilRows(page, 2);
});

test('integers that no double holds keep their digits', async () => {
  const page = await browser.openPage();
  await write(page, { fields: '{"typed": [9007199254740993]}', context: 'word=-9007199254740995' });
  await untilRows(page, 1);
  assert.match(await rows(page).first().textContent(), /typed=\[9007199254740993\] word=-9007199254740995/);
  await dropFile(page, 'big.jsonl', Buffer.from('{"level": "INFO", "message": "big", "id": 18446744073709551615}'));
  await untilRows(page, 2);
  assert.match(await rows(page).nth(1).textContent(), /id=18446744073709551615/);
});

test('a file can be picked', async () => {
  const page = await browser.openPage();
  const buffer = Buffer.from(vectors[0].wire_block_hex, 'hex');
  const chooser = page.waitForEvent('filechooser');
  await page.click('#open-file');
  await (await chooser).setFiles({ name: 'one.klog', mimeType: 'application/octet-stream', buffer });
  await untilRows(page, 1);
});

test('a load of 10,000 shows both rates, and every record is a row', async () => {
  const page = await browser.openPage();
  await page.selectOption('#load-count', '10000');
  await page.click('#load-run');
  const verdict = await page.locator('.verdict').textContent({ timeout: 120_000 });
  assert.match(verdict, /(kakashi|console\.log) is [\d.]+ times as fast, flush included/);
  assert.equal(await page.locator('.rate-head').count(), 2);
  assert.match(await page.locator('.rates').textContent(), /10,000 in .*10,000 in /);
  await untilRows(page, 10_000);
  const shown = await counts(page);
  assert.deepEqual(shown, { sent: 20_000, written: 20_000, dropped: 0, buffered: 0, pending: 0 });
  assert.match(await page.locator('#plot-key').textContent(), /peak [1-9]/);
  await page.fill('#filter', 'request=9999');
  await untilRows(page, 1);
  assert.equal(await page.locator('.grid-row .c-message').textContent(), 'Request served');
});

test('a load can be stopped', async () => {
  const page = await browser.openPage();
  await page.selectOption('#load-count', '1000000');
  await page.click('#load-run');
  await eventually(async () => (await rowCount(page)) > 1000, 'the load runs');
  await page.click('#load-stop');
  await page.locator('#load-result', { hasText: 'Stopped early' }).waitFor({ timeout: 60_000 });
  assert.ok(isBalanced(await counts(page)));
});

test('what a throwing sink does not take is tried again, then counted and announced', async () => {
  const page = await browser.openPage();
  await page.selectOption('#behaviour', 'throws');
  await page.click('#log-mixed');
  const lost = await eventually(async () => {
    const shown = await counts(page);
    return shown.dropped === 40 && shown;
  }, 'both sinks have lost 20', 30_000);
  assert.ok(isBalanced(lost));
  assert.match(await page.locator('#dropped-by').textContent(), /ERROR 4.*sink failed 40/);
  assert.match(await page.locator('#notice').textContent(), /set to throw/);
  await page.selectOption('#behaviour', 'prompt');
  await write(page, { message: 'after the fault' });
  // In one announcement or in several: each is made as soon as the sink has lost something.
  const announced = async () => {
    const rows = await page.locator('.grid-row[data-kind="dropped"]').allTextContents();
    return rows.reduce((sum, row) => sum + Number(/(\d+) records? (?:was|were) dropped here/.exec(row)[1]), 0);
  };
  await eventually(async () => (await announced()) === 20, 'all 20 are announced', 30_000);
  assert.ok(isBalanced(await counts(page)));
});

test('a sink that never settles keeps what its queue holds; the rest is counted', async () => {
  const page = await browser.openPage();
  await page.selectOption('#kind', 'async');
  await page.selectOption('#on-full', 'dropNewest');
  await page.selectOption('#capacity', '64');
  await page.selectOption('#queue', '65536');
  await page.selectOption('#batch', '1024');
  await page.selectOption('#behaviour', 'never');
  await page.selectOption('#load-count', '10000');
  await page.click('#load-run');
  const stuck = await eventually(async () => {
    const shown = await counts(page);
    return shown.dropped > 0 && shown.pending > 0 && shown;
  }, 'some wait, some are lost');
  assert.ok(isBalanced(stuck), JSON.stringify(stuck));
  await browser.screenshot(page, 'dropping-light');
  await page.selectOption('#behaviour', 'prompt');
  const after = await eventually(async () => {
    const shown = await counts(page);
    return shown.pending === 0 && shown.buffered === 0 && shown.sent >= 20_000 && shown;
  }, 'all is settled', 60_000);
  assert.ok(isBalanced(after));
  assert.ok((await rowCount(page)) > 0);
  // Dropping is quick: the page must not praise it.
  await page.locator('.verdict', { hasText: 'No fair comparison' }).waitFor({ timeout: 60_000 });
  assert.match(await page.locator('#load-result .error').first().textContent(), /dropped \d+.* % of the records/);
});

test('no page had an error or asked another origin', () => {
  assert.ok(browser.requests() > 10);
  assert.deepEqual(browser.faults, []);
});
