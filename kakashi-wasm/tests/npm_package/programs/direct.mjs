import * as kakashi from '/node_modules/kakashi-wasm/dist/entries/browser.js';

kakashi.configure({ level: 'all', sinks: [kakashi.consoleSink({ direct: true })] });
const logger = kakashi.getLogger('page').with({ tenant: 't' });
logger.debug('line 5', { live: true });
logger.info('line 6');
logger.warning('line 7');
  logger.error('line 8');
kakashi.getLogger('other').child('below').critical('line 9');
logger.info('line 10', () => ({ lazy: true }));
logger.info('line 11', () => { throw new Error('bad') });
