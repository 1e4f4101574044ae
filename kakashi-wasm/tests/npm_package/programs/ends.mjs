import * as kakashi from 'kakashi-wasm';

kakashi.configure({ format: 'json' });
for (let at = 0; at < 100; at++) kakashi.info(`number ${at}`);
