// The real pino-pretty over lines of the profile `pino`, which the Rust test
// tests/tests/format/profiles has written.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import pretty from 'pino-pretty';

const lines = readFileSync(new URL('../../../tests/data/pino.jsonl', import.meta.url), 'utf8').trimEnd().split('\n');
const show = pretty.prettyFactory({ colorize: false, translateTime: 'UTC:yyyy-mm-dd HH:MM:ss.l', errorLikeObjectKeys: ['err'] });

test('pino-pretty knows the time, the level, the logger and the message of each line', () => {
  const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
  for (const [at, level] of levels.entries()) {
    const [head, ...rest] = show(lines[at]).split('\n');
    assert.equal(head, `[2026-11-22 10:12:00.123] ${level} (shop::orders): Order\taccepted`);
    assert.ok(rest.some((line) => line.trim() === 'order.id: 7'), rest.join('\n'));
  }
});

test('pino-pretty shows an exception as an error, with its type, message and stack', () => {
  const shown = show(lines[6]);
  assert.match(shown, /^\[2026-11-22 10:12:00\.123\] ERROR \(shop::orders\): Payment failed\n {4}err: \{/);
  assert.match(shown, /"type": "sqlx::Error"/);
  assert.match(shown, /"message": "closed"/);
  assert.match(shown, /"stack":\s+Error: closed\s+at shop::pay/);
});
