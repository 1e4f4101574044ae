// Seeded runs of everything at once: whatever happens, all files in order are all records once.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { replaceCalls, restoreCalls, systemError } from '../shared/disk.mjs';
import { fresh } from '../shared/kakashi.mjs';
import { Random } from '../shared/random.mjs';
import { filesIn, linesIn } from '../shared/rotated.mjs';
import { addsUp } from '../shared/sums.mjs';

const RUNS = 60;
const STEPS = 150;

const [kakashi, { reopenFiles, rotatingFileSink }] = await fresh('../file.js');

/** Settings by which no record is removed. */
function settings(random) {
  return {
    ...(random.chance(0.7) && { maxBytes: 1 + random.below(3000) }),
    ...random.of([{}, { hourly: true }, { daily: true }]),
    localTime: random.chance(0.3),
    numbered: random.chance(0.4),
    gzip: random.chance(0.4),
    removeOldestWhenFull: false,
    link: random.of([undefined, false, 'latest']),
    format: random.of(['json', 'text', 'pretty']),
  };
}

/** Has calls fail now and then, until they are restored: a write may take a part. */
function trouble(random) {
  const fails = (probability) => random.chance(probability);
  replaceCalls({
    writeSync(write, fd, bytes, from = 0, length = bytes.length - from) {
      if (typeof bytes === 'string') return write(fd, bytes);
      if (fails(0.3)) throw systemError('ENOSPC', 'write');
      return write(fd, bytes, from, fails(0.5) ? 1 + random.below(length) : length);
    },
    openSync(open, ...args) {
      if (fails(0.4)) throw systemError('EACCES', 'open');
      return open(...args);
    },
    symlinkSync(link, ...args) {
      if (fails(0.5)) throw systemError('EROFS', 'symlink');
      return link(...args);
    },
    unlinkSync(unlink, ...args) {
      if (fails(0.3)) throw systemError('EACCES', 'unlink');
      return unlink(...args);
    },
  });
}

for (let seed = 0; seed < RUNS; seed++) {
  test(`seed ${seed}: the files in order are all records once`, async () => {
    const random = new Random(seed);
    const folder = mkdtempSync(join(tmpdir(), 'kakashi-model-'));
    const path = join(folder, 'shop.log');
    let now = Date.UTC(2026, 10, 30, 12);
    let logged = 0;
    let calm = true;
    // Kinds of names and forms stay: they are read back by them.
    const kind = settings(random);
    let sink = rotatingFileSink(path, { ...kind, clock: () => now });
    kakashi.configure({ sinks: [sink], onError: () => {} });
    const before = kakashi.stats();
    const record = () => kakashi[random.of(['info', 'error'])](`number ${logged++}`, { pad: 'x'.repeat(random.of([0, 10, 200, 2000])) });
    const calmDown = async () => {
      restoreCalls();
      calm = true;
      await kakashi.flush();
    };
    try {
      for (let step = 0; step < STEPS; step++) {
        switch (random.below(12)) {
          case 0:
            now += random.of([1000, 60_000, 3_600_000, 86_400_000, -7_200_000]);
            break;
          case 1:
            reopenFiles();
            break;
          case 2:
            if (calm) trouble(random);
            else await calmDown();
            calm = false;
            break;
          case 3: {
            // Newer settings, of the same kind of names; what was logged before is written first.
            await calmDown();
            const { maxBytes, gzip } = settings(random);
            if (random.chance(0.5)) sink.close();
            sink = rotatingFileSink(path, { ...kind, gzip, ...(maxBytes && { maxBytes }), clock: () => now });
            kakashi.configure({ sinks: [sink] });
            break;
          }
          case 4:
            await new Promise(setImmediate);
            break;
          default:
            for (let count = random.below(8); count > 0; count--) record();
        }
      }
      await calmDown();
      assert.equal((await kakashi.flush()).complete, true);
      const numbers = linesIn(folder).map((line) => /\bnumber (\d+)/.exec(line)).filter(Boolean).map(([, number]) => Number(number));
      assert.deepEqual(numbers, Array.from({ length: logged }, (_, at) => at), JSON.stringify(kind));
      for (const { name, bytes } of filesIn(folder)) assert.ok(bytes.length === 0 || bytes.at(-1) === 10, name);
      const after = addsUp(kakashi);
      assert.equal(after.written - before.written, logged);
    } finally {
      restoreCalls();
      sink.close();
      rmSync(folder, { recursive: true });
    }
  });
}
