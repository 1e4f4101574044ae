// Compares files: `node bench/files.mjs`, after `npm run build`. The same JSON lines as in
// bench.mjs, into files of a temporary folder: time and CPU of a whole line, medians of 7
// rounds; the contenders, each in a process of its own, take turns.

import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const ROUNDS = 7;
const LINES = 200_000;

async function kakashi(sink) {
  const { configure, flush, getLogger } = await import('../pkg/dist/entries/node.js');
  const { [sink.name]: make } = await import('../pkg/dist/file.js');
  configure({ format: 'json', sinks: [make(join(sink.folder, 'shop.log'), sink.options)] });
  const log = getLogger('app::orders');
  return { info: (id) => log.info('Order accepted', { id, user: 'alice', total: id + 0.5 }), flush: () => void flush() };
}

async function pino(folder, options) {
  const { default: make } = await import('pino');
  const destination = make.destination({ dest: join(folder, 'shop.log'), sync: true, ...options });
  const log = make({ name: 'app::orders' }, destination);
  return { info: (id) => log.info({ id, user: 'alice', total: id + 0.5 }, 'Order accepted'), flush: () => destination.flushSync() };
}

const contenders = {
  'kakashi, fileSink': (folder) => kakashi({ name: 'fileSink', folder }),
  'kakashi, rotatingFileSink, 8 MiB each': (folder) => kakashi({ name: 'rotatingFileSink', folder, options: { maxBytes: 8 << 20, keepFiles: 2 } }),
  'pino, sync destination': (folder) => pino(folder, {}),
  'pino, sync destination, 16 KiB buffer': (folder) => pino(folder, { minLength: 16_000 }),
};

if (process.send) await contend(...process.argv.slice(2));
else await compare();

async function contend(name, folder) {
  const log = await contenders[name](folder);
  const round = () => {
    const [start, before] = [process.hrtime.bigint(), process.cpuUsage()];
    for (let id = 0; id < LINES; id++) log.info(id);
    log.flush();
    const { user, system } = process.cpuUsage(before);
    return { time: Number(process.hrtime.bigint() - start) / LINES, cpu: ((user + system) * 1000) / LINES };
  };
  round();
  process.on('message', () => process.send(round()));
  process.send('ready');
}

async function compare() {
  const folder = mkdtempSync(join(tmpdir(), 'kakashi-bench-'));
  const names = Object.keys(contenders);
  const children = [];
  const answer = (child) => new Promise((resolve, reject) => child.once('message', resolve).once('exit', (code) => reject(new Error(`a contender ended with ${code}`))));
  try {
    for (const [at, name] of names.entries()) {
      const own = mkdtempSync(join(folder, `${at}-`));
      children.push(fork(fileURLToPath(import.meta.url), [name, own]));
      await answer(children.at(-1));
    }
    const rounds = names.map(() => []);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, child] of children.entries()) {
        child.send('round');
        rounds[at].push(await answer(child));
      }
    }
    const rows = rounds.map((of) => ({ time: median(of.map(({ time }) => time)), cpu: median(of.map(({ cpu }) => cpu)) }));
    console.log(`Node ${process.version}, medians of ${ROUNDS} rounds of ${LINES} lines, nanoseconds a line\n`);
    console.log('| into a file | CPU | × kakashi | time |\n|---|--:|--:|--:|');
    for (const [at, { time, cpu }] of rows.entries()) console.log(`| ${names[at]} | ${cpu.toFixed(0)} | ${(cpu / rows[0].cpu).toFixed(1)} | ${time.toFixed(0)} |`);
  } finally {
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true });
  }
}

function median(numbers) {
  return [...numbers].sort((one, other) => one - other)[Math.floor(numbers.length / 2)];
}
