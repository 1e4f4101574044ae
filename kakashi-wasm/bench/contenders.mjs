// The loggers that are compared. Each logs the same record: a message and three fields,
// as a JSON line, to /dev/null, in buffers of 64 KiB where it has a buffer.

import { openSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';

const BUFFER = 64 << 10;
const fd = openSync('/dev/null', 'w');

/** Collects lines as a careful person would by hand. */
function buffered() {
  let lines = '';
  const flush = () => {
    writeSync(fd, lines);
    lines = '';
  };
  return {
    add(line) {
      lines += line;
      if (lines.length > BUFFER) flush();
    },
    flush,
  };
}

async function kakashi(kind) {
  const { callbackSink, configure, flush, getAsyncLogger, getLogger } = await import('../pkg/dist/entries/node.js');
  configure({ format: 'json', sinks: [callbackSink((batch) => void writeSync(fd, batch.bytes))] });
  const log = kind === 'async' ? getAsyncLogger('app::orders') : getLogger('app::orders');
  return {
    info: (id) => log.info('Order accepted', { id, user: 'alice', total: id + 0.5 }),
    debug: (id) => log.debug('Order accepted', { id, user: 'alice', total: id + 0.5 }),
    // Works before it returns: the sink does.
    flush: () => void flush(),
  };
}

async function pino(options) {
  const { default: make } = await import('pino');
  const destination = make.destination({ dest: '/dev/null', sync: true, ...options });
  const log = make({ name: 'app::orders' }, destination);
  return {
    info: (id) => log.info({ id, user: 'alice', total: id + 0.5 }, 'Order accepted'),
    debug: (id) => log.debug({ id, user: 'alice', total: id + 0.5 }, 'Order accepted'),
    flush: () => destination.flushSync(),
  };
}

/** Each makes a logger; the name is the table's. */
export const contenders = {
  kakashi: () => kakashi('sync'),
  'kakashi async': () => kakashi('async'),
  'JSON.stringify + buffer': () => {
    const out = buffered();
    const log = (level, id, message) => {
      if (level < 20) return;
      out.add(
        `${JSON.stringify({ timestamp: new Date().toISOString(), level: 'INFO', logger: 'app::orders', message, id, user: 'alice', total: id + 0.5 })}\n`,
      );
    };
    return { info: (id) => log(20, id, 'Order accepted'), debug: (id) => log(10, id, 'Order accepted'), flush: out.flush };
  },
  'JSON.stringify + buffer, time as a number': () => {
    const out = buffered();
    const log = (level, id, message) => {
      if (level < 20) return;
      out.add(
        `${JSON.stringify({ time: Date.now(), level, logger: 'app::orders', message, id, user: 'alice', total: id + 0.5 })}\n`,
      );
    };
    return { info: (id) => log(20, id, 'Order accepted'), debug: (id) => log(10, id, 'Order accepted'), flush: out.flush };
  },
  'pino, sync destination': () => pino({}),
  'pino, 16 KiB buffer': () => pino({ minLength: 16_000 }),
  LogTape: async () => {
    const { configure, getJsonLinesFormatter, getLogger } = await import('@logtape/logtape');
    const format = getJsonLinesFormatter();
    const out = buffered();
    await configure({
      sinks: { out: (record) => out.add(format(record)) },
      loggers: [
        { category: ['app', 'orders'], lowestLevel: 'info', sinks: ['out'] },
        { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: ['out'] },
      ],
    });
    const log = getLogger(['app', 'orders']);
    return {
      info: (id) => log.info('Order accepted', { id, user: 'alice', total: id + 0.5 }),
      debug: (id) => log.debug('Order accepted', { id, user: 'alice', total: id + 0.5 }),
      flush: out.flush,
    };
  },
  winston: async () => {
    const { default: winston } = await import('winston');
    const stream = new Writable({
      write(chunk, _encoding, done) {
        writeSync(fd, chunk);
        done();
      },
    });
    const log = winston.createLogger({
      level: 'info',
      format: winston.format.combine(winston.format.timestamp(), winston.format.json()),
      transports: [new winston.transports.Stream({ stream })],
    });
    return {
      info: (id) => log.info('Order accepted', { id, user: 'alice', total: id + 0.5 }),
      debug: (id) => log.debug('Order accepted', { id, user: 'alice', total: id + 0.5 }),
      flush: () => {},
    };
  },
};
