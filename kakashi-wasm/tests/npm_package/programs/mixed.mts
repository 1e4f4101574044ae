// A module that takes what an application in CommonJS has made: both have one set of types.
import { type Logger, configure, withContext } from 'kakashi-wasm';
import made from './consumer.cjs';

configure({ sinks: [made.sink] });
const logger: Logger = made.logger;
withContext({ requestId: 'r' }, () => logger.info('m'));
