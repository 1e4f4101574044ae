// What is sent to OpenTelemetry's receivers is what the conformance vectors say, which the exporter in Rust
// has to send as well (tests/tests/otlp/vectors.rs).

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { standingClock } from '../shared/clock.mjs';
import { PLAIN, fresh } from '../shared/kakashi.mjs';
import { callOf, otlp, vectors } from '../shared/vectors.mjs';

/** There are this many today; fewer would mean that the translation has lost some. */
const LEAST = 135;

const calls = vectors.map((vector) => ({ vector, call: callOf(vector) })).filter(({ call }) => call);

let kakashi;
const clock = standingClock();
const bodies = [];
before(async () => {
  let otlpSink;
  [kakashi, { otlpSink }] = await fresh('../otlp.js');
  const fetch = async (_url, { body }) => {
    bodies.push(JSON.parse(Buffer.from(body)));
    return new Response('{}');
  };
  kakashi.configure({ level: 'all', limits: { depth: 16 }, sinks: [otlpSink('http://localhost', { fetch })] });
});

/** Plain JavaScript writes bytes as base64 text, orders keys that are integers, and does not say which fields are the context's. */
function isPlainEnough({ vector }) {
  const text = JSON.stringify([vector.fields, vector.context]);
  return !/"bytes_hex"|\["\d+", /.test(text) && !vector.fields.some(([key]) => key === 'service_name' || key === 'version');
}

test(`at least ${LEAST} vectors can be said in JavaScript`, () => assert.ok(calls.length >= LEAST, `${calls.length}`));

test('every vector that can be said is sent as the data model has it', async (t) => {
  for (const { vector, call } of calls.filter((each) => !PLAIN || isPlainEnough(each))) {
    await t.test(vector.name, async () => {
      const { service, scope, record } = otlp.get(vector.name);
      clock.micros = call.micros;
      const time = `${BigInt(call.micros) * 1000n}`;
      // Three times: a message that comes again takes another way.
      for (let round = 0; round < 3; round++) {
        bodies.length = 0;
        kakashi.getLogger(vector.logger).with(call.context).log(vector.level, call.message, call.fields);
        await kakashi.flush();
        assert.equal(bodies.length, 1);
        const [{ resource, scopeLogs }, ...others] = bodies[0].resourceLogs;
        assert.equal(others.length, 0);
        const own = resource.attributes.filter(({ key, value }) => !key.startsWith('telemetry.') && !value.stringValue.startsWith('unknown_service'));
        assert.deepEqual(own, service);
        assert.deepEqual(scopeLogs, [{ scope: { name: scope }, logRecords: [{ ...record, timeUnixNano: time, observedTimeUnixNano: time }] }]);
      }
    });
  }
});
