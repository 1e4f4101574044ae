import * as kakashi from '/node_modules/kakashi-wasm/dist/entries/browser.js';

kakashi.configure({ format: 'text', redact: ['password'] });
const logger = kakashi.getLogger('app');
logger.info('early', { password: 'x', list: [1, 2.5] });
logger.error('early too');
await kakashi.ready;
logger.warning('then');
await kakashi.flush();
logger.info('the end');
await kakashi.flush();
