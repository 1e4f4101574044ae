// A collector as people run it: rotel, which prints what it gets.
//
// `KAKASHI_ROTEL` is the path of its program; `tests/run npm_otlp` installs it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';
import { until } from '../shared/until.mjs';

const COUNT = 100_000;

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

function isListening(port) {
  return new Promise((known) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), known(true)));
    socket.once('error', () => known(false));
  });
}

/** Starts a collector that appends what it gets to a file; returns what kills it. */
async function startCollector(port, grpcPort, output) {
  assert.ok(process.env.KAKASHI_ROTEL, 'tests/run npm_otlp sets KAKASHI_ROTEL');
  const file = openSync(output, 'a');
  const child = spawn(
    process.env.KAKASHI_ROTEL,
    ['start', '--exporter', 'blackhole', '--debug-log', 'logs', '--debug-log-verbosity', 'detailed', '--otlp-http-endpoint', `127.0.0.1:${port}`, '--otlp-grpc-endpoint', `127.0.0.1:${grpcPort}`],
    { stdio: ['ignore', file, 'ignore'] },
  );
  closeSync(file);
  const ended = new Promise((exited) => child.once('exit', exited));
  process.once('exit', () => child.kill('SIGKILL'));
  await until('it listens', () => isListening(port));
  return async () => {
    child.kill('SIGKILL');
    await ended;
  };
}

test('a hundred thousand records reach a collector that is killed and started again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kakashi-rotel-'));
  const output = join(folder, 'collector');
  const [port, grpcPort] = [await freePort(), await freePort()];
  const [kakashi, { otlpSink }] = await fresh('../otlp.js');
  const printed = () => readFileSync(output, 'utf8');
  const numbers = () => [...printed().matchAll(/-> n: Int\((\d+)\)/g)].map(([, n]) => Number(n));
  const allPrinted = (count) => until(`${count} are printed`, () => new Set(numbers()).size === count);
  const send = (options) => {
    const sink = otlpSink(`http://127.0.0.1:${port}`, options);
    kakashi.configure({ service: { name: 'shop', version: '1.4.2', environment: 'test' }, sinks: [sink], onError: () => {} });
    return sink;
  };
  const logNumbers = (from, to) => {
    const [sync, async] = [kakashi.getLogger('shop::orders'), kakashi.getAsyncLogger('shop::queue')];
    for (let n = from; n < to; n++) (n % 2 ? async : sync).info('Order accepted', { n });
  };
  const allTaken = () => until('all is taken', async () => (await kakashi.flush()).complete);

  let kill = await startCollector(port, grpcPort, output);
  const compressed = send({ compression: 'gzip', maxQueueBytes: 1 << 30 });
  logNumbers(0, COUNT / 4);
  await allTaken();
  await allPrinted(COUNT / 4);
  // Nobody is there, then somebody is.
  await kill();
  logNumbers(COUNT / 4, COUNT / 2);
  await kakashi.flush(100);
  assert.ok(kakashi.stats().pending > 0);
  kill = await startCollector(port, grpcPort, output);
  await allTaken();
  await allPrinted(COUNT / 2);
  const plain = send({ maxQueueBytes: 1 << 30 });
  logNumbers(COUNT / 2, COUNT);
  // It is killed while it takes.
  await until('it has some', () => plain.stats().acknowledged > 0);
  await kill();
  kill = await startCollector(port, grpcPort, output);
  kakashi.getLogger('shop::orders').error('Failed', { n: COUNT, hostile: '\u001b[2J\n\u202e"\\\0', wide: 2n ** 64n, raw: new Uint8Array([0, 255]) });
  await allTaken();
  for (const sink of [compressed, plain]) {
    const { sent, acknowledged, ...others } = sink.stats();
    assert.deepEqual([acknowledged, others], [sent, { unconfirmed: 0, rejected: 0, dropped: 0 }]);
  }
  addsUp(kakashi, { sent: COUNT + 1, written: COUNT + 1 });
  // What it has confirmed it may not have printed when it was killed; all before and after it has.
  const last = kakashi.stats().written - 1;
  await until('the last is printed', () => numbers().includes(last));
  await kill();
  const text = printed();
  for (const expected of ['service.name: Str(shop)', 'deployment.environment.name: Str(test)', 'InstrumentationScope shop::queue', 'Body: Str(Order accepted)', 'SEVERITY_NUMBER_ERROR(17)']) {
    assert.ok(text.includes(expected), expected);
  }
  const all = new Set(numbers());
  for (let n = 0; n < COUNT / 2; n++) assert.ok(all.has(n), `${n}`);
  rmSync(folder, { recursive: true });
});
