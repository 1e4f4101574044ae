// The promise that nothing is lost without a number.

import assert from 'node:assert/strict';

/** Asserts that every record that was sent is somewhere, and that the counts agree with each other. */
export function addsUp(kakashi, more = {}) {
  const stats = kakashi.stats();
  const { sent, written, dropped, buffered, pending } = stats;
  assert.equal(written + dropped.total + buffered + pending, sent, `these must add up: ${JSON.stringify(stats)}`);
  for (const by of [dropped.byLevel, dropped.byReason]) {
    assert.equal(Object.values(by).reduce((sum, count) => sum + count), dropped.total);
  }
  for (const [name, count] of Object.entries(stats)) {
    if (typeof count === 'number') assert.ok(Number.isSafeInteger(count) && count >= 0, `${name} is ${count}`);
  }
  for (const [name, count] of Object.entries(more)) assert.equal(stats[name], count, name);
  return stats;
}
