// An application whose TypeScript makes CommonJS of imports.
import { type Sink, callbackSink, configure, consoleSink, getLogger } from 'kakashi-wasm';
import { httpSink } from 'kakashi-wasm/http';

configure({ sinks: [consoleSink({ level: 'warning' }), httpSink('/logs')], redact: ['password', 'user.card'] });
getLogger('app').info('m', { a: 1 });
export const sink: Sink = callbackSink((batch) => void [...batch.lines()]);
