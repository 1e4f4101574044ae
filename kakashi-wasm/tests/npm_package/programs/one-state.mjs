// Two copies of the package in one process: by import and by require, or another one.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as one from 'kakashi-wasm';

const two = createRequire(import.meta.url)(globalThis.process?.argv[2] ?? 'kakashi-wasm');
assert.notEqual(one.getLogger, two.getLogger);
const lines = [];
const early = two.getLogger('early');
one.configure({
  level: 'debug',
  levels: { noisy: 'error' },
  redact: ['password'],
  service: { name: 'both' },
  sinks: [two.callbackSink(({ text }) => void lines.push(...text.trim().split('\n').map((line) => JSON.parse(line))), { format: 'json' })],
});
assert.equal(one.getLogger('same'), two.getLogger('same'));
for (let at = 0; at < 100; at += 2) {
  one.getLogger('a').info('in turn', { at, password: 1 });
  two.getLogger('b').debug('in turn', { at: at + 1, password: 2, big: 'x'.repeat(at === 50 ? 60_000 : 1) });
}
two.getLogger('noisy').warning('no');
early.info('early', { password: 3 });
await one.withContext({ requestId: 'r' }, async () => {
  two.info('inside', { get nested() { return one.info('nested'), 1; } });
  await null;
  two.setCustomContext({ of: 'two' });
  one.info('later');
});
await two.withContext(new one.LogContext({ userId: 'u' }), () => one.error('with another copy\u2019s context'));
const flushed = await two.flush();
assert.deepEqual(flushed, { complete: true, pending: 0 });
assert.deepEqual(lines.slice(0, 100).map(({ at }) => at), Array.from({ length: 100 }, (_, at) => at));
for (const { password, service_name } of lines) {
  assert.ok(password === undefined || password === '[REDACTED]');
  assert.equal(service_name, 'both');
}
const rest = lines.slice(100).map(({ message, request_id, user_id, of }) => [message, request_id, user_id, of]);
assert.deepEqual(rest, [
  ['early', undefined, undefined, undefined],
  ['inside', 'r', undefined, undefined],
  ['nested', 'r', undefined, undefined],
  ['later', 'r', undefined, 'two'],
  ['with another copy\u2019s context', undefined, 'u', undefined],
]);
assert.deepEqual(one.stats(), two.stats());
assert.equal(one.stats().written, 105);
if (globalThis.process && !globalThis.Deno) assert.equal(process.listenerCount('uncaughtExceptionMonitor'), 1);
console.log('ok');
