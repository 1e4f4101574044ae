// Memory returns to what it was: the heap's, that of buffers, and the wasm's.
//
// `KAKASHI_RECORDS=1000000` for as many records as a program of a day writes; `tests/run --long` does.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fresh } from '../shared/kakashi.mjs';

const RECORDS = Number(process.env.KAKASHI_RECORDS ?? 100_000);
const MIB = 1 << 20;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

/** A copy whose only sink forgets what it gets, and says how much it was. */
async function quiet(settings) {
  const [kakashi, { ring }] = await fresh('../engine/ring.js');
  const got = { count: 0, bytes: 0 };
  kakashi.configure({
    format: 'json',
    sinks: [{ write: ({ count, bytes }) => void ((got.count += count), (got.bytes += bytes.length)) }],
    ...settings,
  });
  /** Bytes in use when all that can be freed has been. */
  const used = async () => {
    await kakashi.flush();
    for (let round = 0; round < 10; round++) {
      gc();
      await setImmediate();
    }
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    // The ring lies in the memory of the wasm, which nobody else counts.
    return heapUsed + arrayBuffers + ring.bytes.buffer.byteLength;
  };
  return { kakashi, got, used };
}

async function log(kakashi, count) {
  const logger = kakashi.getLogger('memory');
  for (let at = 0; at < count; at++) {
    logger.info('Order accepted', { at, total: at / 7, user: { id: `u-${at}` } });
    if (at % 1000 === 0) await setImmediate();
  }
}

test(`${RECORDS} records leave no memory behind`, async () => {
  const { kakashi, got, used } = await quiet();
  await log(kakashi, RECORDS / 10);
  const before = await used();
  await log(kakashi, RECORDS);
  const after = await used();
  assert.equal(got.count, RECORDS / 10 + RECORDS);
  assert.ok(after - before < 2 * MIB, `${after - before} bytes more`);
});

const LARGE = 60_000_000;
for (const [what, call] of [
  ['a message', (kakashi, text) => kakashi.info(text)],
  ['a field', (kakashi, text) => kakashi.info('large', { text })],
]) {
  test(`${what} of 60 MB leaves no memory behind, whole or cut`, async () => {
    for (const bytes of [undefined, 2 * LARGE]) {
      const { kakashi, got, used } = await quiet(bytes && { limits: { bytes } });
      await log(kakashi, 1000);
      const before = await used();
      call(kakashi, 'x'.repeat(LARGE));
      kakashi.error('after');
      await log(kakashi, 1000);
      const after = await used();
      assert.equal(got.count, 2002);
      assert.equal(got.bytes > LARGE, bytes !== undefined);
      assert.ok(after - before < 3 * MIB, `${after - before} bytes more, of ${bytes} at most`);
    }
  });
}
