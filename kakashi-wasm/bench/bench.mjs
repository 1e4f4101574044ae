// Compares kakashi with its peers in Node: `npm run bench`, after `npm run build`.
//
// For each contender, in a process of its own: the CPU time of a whole line, from the
// call to /dev/null; the time of the call alone, in bursts that fit its buffer; and of
// a call that is disabled. Medians of 5 rounds; the rounds of all contenders take turns,
// so that a noisy moment meets them all.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { contenders } from './contenders.mjs';

const ROUNDS = 5;
const LINES = 200_000;
const BURST = 256;

if (process.send) await contend(process.argv[2]);
else await compare();

/** Measures one contender, a round each time it is asked to. */
async function contend(name) {
  const log = await contenders[name]();
  const lines = (count) => {
    for (let id = 0; id < count; id++) log.info(id);
    log.flush();
  };
  lines(LINES);
  process.on('message', () => {
    const before = process.cpuUsage();
    lines(LINES);
    const cpu = process.cpuUsage(before);
    const bursts = [];
    for (let burst = 0; burst < 200; burst++) {
      const start = process.hrtime.bigint();
      for (let id = 0; id < BURST; id++) log.info(id);
      bursts.push(Number(process.hrtime.bigint() - start) / BURST);
      log.flush();
    }
    const start = process.hrtime.bigint();
    for (let id = 0; id < LINES; id++) log.debug(id);
    const disabled = Number(process.hrtime.bigint() - start) / LINES;
    process.send({ line: ((cpu.user + cpu.system) * 1000) / LINES, call: median(bursts), disabled });
  });
  process.send('ready');
}

async function compare() {
  const names = Object.keys(contenders);
  const children = [];
  for (const name of names) {
    const child = fork(fileURLToPath(import.meta.url), [name]);
    await answer(child);
    children.push(child);
  }
  const rounds = names.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, child] of children.entries()) {
      child.send('round');
      rounds[index].push(await answer(child));
    }
  }
  for (const child of children) child.kill();
  const rows = names.map((name, index) => {
    const of = (key) => median(rounds[index].map((round) => round[key]));
    return { name, line: of('line'), call: of('call'), disabled: of('disabled') };
  });
  const { line } = rows[0];
  console.log(`Node ${process.version}, medians of ${ROUNDS} rounds of ${LINES} lines, nanoseconds\n`);
  console.log('| logger | CPU, whole line | × kakashi | call | disabled call |');
  console.log('|---|--:|--:|--:|--:|');
  for (const row of rows) {
    console.log(`| ${row.name} | ${row.line.toFixed(0)} | ${(row.line / line).toFixed(1)} | ${row.call.toFixed(0)} | ${row.disabled.toFixed(1)} |`);
  }
}

function answer(child) {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`a contender ended with ${code}`)));
  });
}

function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}
