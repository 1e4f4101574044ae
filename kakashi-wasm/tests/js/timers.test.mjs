// When records are out: at once where somebody reads along, and never by a timer alone.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import process from 'node:process';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { catcher } from '../shared/catcher.mjs';
import { ENTRY, fresh } from '../shared/kakashi.mjs';
import { addsUp } from '../shared/sums.mjs';
import { until } from '../shared/until.mjs';

const source = (program) => `import * as kakashi from ${JSON.stringify(String(ENTRY))};\n${program}`;

/** Runs a program over the package, and returns its lines without their times. */
function run(program, env = {}) {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source(program)], { encoding: 'utf8', timeout: 60_000, env: { PATH: process.env.PATH, ...env } });
  return `${stdout}${stderr}`.trim().split('\n').map((line) => line.replace(/^\S+Z /, ''));
}

for (const [runner, env] of [['Vitest', { VITEST: 'true' }], ['Jest', { JEST_WORKER_ID: '1' }], ['another that says so', { NODE_ENV: 'test' }]]) {
  test(`under ${runner} a record is out when its call returns, in order with the program's own lines`, () => {
    const order = run(`kakashi.info('1'); console.log('2'); kakashi.getAsyncLogger('a').info('3'); console.log('4');
      kakashi.createCustomLogger('c', {sinks: [kakashi.consoleSink()]}).info('5'); console.log('6');`, env);
    assert.deepEqual(order, ['INFO root 1', '2', 'INFO a 3', '4', 'INFO c 5', '6']);
  });
}

test('on a terminal a record is out when its call returns', () => {
  const program = `import(${JSON.stringify(String(ENTRY))}).then((k) => { k.configure({format: 'text'}); k.info('1'); console.log('2'); k.info('3'); console.log('4'); })`;
  const { stdout } = spawnSync('script', ['-qec', `${process.execPath} -e '${program.replaceAll("'", '"').replaceAll('"', '\\"').replaceAll('\\"', '"').replaceAll("'", '')}'`, '/dev/null'], { encoding: 'utf8', timeout: 60_000 });
  assert.deepEqual([...stdout.matchAll(/(\d)\r?$/gm)].map(([, number]) => number), ['1', '2', '3', '4'], stdout);
});

for (const name of ['AWS_LAMBDA_FUNCTION_NAME', 'K_SERVICE', 'FUNCTIONS_WORKER_RUNTIME', 'VERCEL']) {
  test(`where ${name} says that timers may freeze, records are out at the next microtask`, () => {
    const order = run(`kakashi.info('1'); kakashi.info('1'); await null; await null; process.kill(process.pid, 'SIGKILL');`, { [name]: 'x' });
    assert.deepEqual(order, ['INFO root 1', 'INFO root 1']);
  });
}

test('fake timers, switched on and off again, keep no record', async (t) => {
  const kakashi = await fresh();
  const sink = catcher();
  kakashi.configure({ sinks: [sink], flushMs: 5 });
  for (let round = 1; round < 4; round++) {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    kakashi.info('under a fake clock');
    t.mock.timers.reset();
    await until('it is written', () => sink.messages.length === 2 * round - 1);
    kakashi.info('under a real one');
    await until('it is written', () => sink.messages.length === 2 * round);
  }
});

test('a timer that is lost is noticed by the next call', async (t) => {
  const lost = [];
  t.mock.method(globalThis, 'setTimeout', (run) => lost.push(run));
  t.mock.method(globalThis, 'clearTimeout', () => {});
  const kakashi = await fresh();
  const sink = catcher();
  kakashi.configure({ sinks: [sink], flushMs: 1 });
  kakashi.info('one');
  await null;
  assert.equal(sink.messages.length, 0);
  const now = performance.now.bind(performance);
  t.mock.method(performance, 'now', () => now() + 120);
  kakashi.info('two');
  await null;
  assert.deepEqual(sink.messages, ['one', 'two']);
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  test(`flushOnSignals writes what is buffered at ${signal}, and the signal ends the process`, async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', source(`
      kakashi.flushOnSignals();
      const write = async (batch) => { await new Promise((done) => setTimeout(done, 20)); console.log(batch.text.trim()); };
      kakashi.configure({flushMs: 1e6, sinks: [kakashi.callbackSink(write)], format: 'text'});
      kakashi.info('last'); setInterval(() => {}, 1e6); console.log('ready');`)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      if (output === 'ready\n') child.kill(signal);
    });
    const [code, by] = await once(child, 'close');
    assert.deepEqual([code, by], [null, signal]);
    assert.match(output, /INFO root last/);
  });
}

test('flushOnSignals leaves the end to a listener of the program, and is undone', async () => {
  const order = run(`
    process.on('SIGTERM', () => setTimeout(() => { console.log('theirs'); process.exit(3); }, 100));
    const undo = kakashi.flushOnSignals({signals: ['SIGTERM']}); kakashi.flushOnSignals({signals: ['SIGUSR2']})();
    kakashi.configure({flushMs: 1e6, format: 'text'}); kakashi.info('last'); process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1e6);`);
  assert.deepEqual(order, ['INFO root last', 'theirs']);
});

for (const end of ['process.exit(1)', 'throw new Error("mine")']) {
  test(`what no server has taken at ${end} is counted and said`, () => {
    const http = new URL('../http.js', ENTRY);
    const output = run(`const { httpSink } = await import(${JSON.stringify(String(http))});
      kakashi.configure({sinks: [httpSink('http://127.0.0.1:9/logs')]});
      for (let at = 0; at < 5; at++) kakashi.info('m');
      process.on('exit', () => queueMicrotask(() => {}));
      ${end};`).join('\n');
    assert.match(output, /the process ended before 5 records were with "http:\/\/127.0.0.1:9\/logs"/);
  });
}

test('a program ends soon though a server hangs, and says what it has not taken', async (t) => {
  let asked = 0;
  const server = createServer(() => void asked++).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.closeAllConnections());
  server.unref();
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source(`
    const { httpSink } = await import(${JSON.stringify(String(new URL('../http.js', ENTRY)))});
    kakashi.configure({sinks: [httpSink('http://127.0.0.1:${server.address().port}/logs')]});
    kakashi.error('m'); kakashi.error('m'); kakashi.info('m');
    process.on('exit', () => console.log(JSON.stringify(kakashi.stats())));`)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  // There were four for the first batch alone, of ten seconds each.
  assert.equal(asked, 1);
  assert.match(output, /can't be reached/);
  const { sent, dropped } = JSON.parse(output.trim().split('\n').at(-1));
  assert.deepEqual([sent, dropped.total], [3, 3]);
});
