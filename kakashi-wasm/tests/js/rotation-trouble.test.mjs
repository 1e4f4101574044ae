// Files that follow one another, where the disk is full, read-only, or their folder is gone.

import assert from 'node:assert/strict';
import { renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { replaceCalls, restoreCalls, systemError } from '../shared/disk.mjs';
import { eachWithFiles, here, lead, log, messages, said } from '../shared/rotation.mjs';
import { addsUp } from '../shared/sums.mjs';

eachWithFiles();

test('the folder was removed or moved: it is noticed, told once, and what comes next is there', () => {
  const sink = lead();
  log('one');
  rmSync(here.folder, { recursive: true });
  log('two');
  assert.deepEqual(messages(), ['two']);
  renameSync(here.folder, `${here.folder}.moved`);
  here.now += 1000;
  log('three');
  assert.deepEqual(messages(), ['three']);
  rmSync(`${here.folder}.moved`, { recursive: true });
  renameSync(sink.file, `${sink.file}.away`);
  log('four');
  here.reopenFiles();
  log('five');
  assert.deepEqual(messages(), ['five']);
  assert.equal(sink.stats().reopened, 3);
  assert.equal(here.errors.length, 3);
  for (const error of here.errors) assert.match(error, /its file was moved or removed; it goes on in a new one/);
  addsUp(here.kakashi, { written: 5 });
});

test('a folder that can not be made again is told once, records wait, and it is found again', async () => {
  const sink = lead({}, join(here.folder, 'logs/shop.log'));
  log('one');
  rmSync(join(here.folder, 'logs'), { recursive: true });
  writeFileSync(join(here.folder, 'logs'), 'in its way');
  log('two', 'three');
  await here.kakashi.flush(1);
  assert.equal(here.errors.filter((error) => /there is no new one/.test(error)).length, 1);
  addsUp(here.kakashi, { written: 1, pending: 2 });
  unlinkSync(join(here.folder, 'logs'));
  await here.kakashi.flush();
  assert.deepEqual(messages(join(here.folder, 'logs')), ['two', 'three']);
  addsUp(here.kakashi, { written: 3 });
  assert.equal(sink.stats().written, 3);
});

for (const code of ['EROFS', 'EACCES', 'ENOSPC', 'EMFILE']) {
  test(`where no file can be begun (${code}) the last goes on beyond its end, told once, and it is tried again each second`, () => {
    lead({ maxBytes: 100 });
    log('one');
    let tries = 0;
    replaceCalls({
      openSync(open, name, flags, ...rest) {
        if (!/shop\.2026.*\.log$/.test(name)) return open(name, flags, ...rest);
        tries++;
        throw systemError(code, 'open');
      },
    });
    log('two', 'three', 'four');
    here.now += 1000;
    log('five');
    assert.equal(tries, 2);
    assert.equal(here.errors.length, 1);
    assert.match(here.errors[0], new RegExp(`goes on beyond its end: .*${code}`));
    restoreCalls();
    here.now += 1000;
    log('six');
    assert.deepEqual(said().map(([, each]) => each), ['one,two,three,four,five', 'six']);
    addsUp(here.kakashi, { written: 6, failures: 0 });
  });
}

test('the oldest closed files go while the disk is full, if that was chosen, which is told once', () => {
  const sink = lead({ maxBytes: 60, removeOldestWhenFull: true });
  log('one', 'two', 'three');
  // As much room as a file frees.
  let room = 0;
  replaceCalls({
    writeSync(write, fd, bytes, from, length) {
      if (room <= 0) throw systemError('ENOSPC', 'write');
      const taken = write(fd, bytes, from, Math.min(length, room));
      room -= taken;
      return taken;
    },
    unlinkSync(unlink, name) {
      if (/shop\.2026/.test(name)) room += 60;
      unlink(name);
    },
  });
  log('four', 'five');
  assert.equal(here.errors.length, 1);
  assert.match(here.errors[0], /the disk is full: the oldest files are removed/);
  assert.equal(messages().at(-1), 'five');
  assert.ok(sink.stats().removed >= 2);
  addsUp(here.kakashi, { written: 5, failures: 0 });
});
