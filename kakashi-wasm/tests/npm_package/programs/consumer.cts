import kakashi = require('kakashi-wasm');

const logger: kakashi.Logger = kakashi.getLogger('app');
logger.info('m', { a: 1 });
kakashi.configure({ sinks: [kakashi.consoleSink()] });
const { sent }: kakashi.Stats = kakashi.stats();
export = sent;
