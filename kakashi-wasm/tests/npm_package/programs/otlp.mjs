// Sends records to a receiver that is a function, in any runtime.

import { configure, flush, getLogger, stats } from 'kakashi-wasm';
import { kakashiLoggerProvider, otlpSink } from 'kakashi-wasm/otlp';

const requests = [];
const sink = otlpSink('http://localhost:4318', {
  compression: 'gzip',
  fetch: async (url, { body, headers }) => {
    const unzipped = new Response(body).body.pipeThrough(new DecompressionStream('gzip'));
    requests.push({ url, headers, body: await new Response(unzipped).json() });
    return new Response('{}');
  },
});
configure({ sinks: [sink], service: { name: 'shop' } });
getLogger('shop::orders').info('Paid', { id: 1042, raw: new Uint8Array([1]) });
kakashiLoggerProvider().getLogger('lib').emit({ severityNumber: 17, body: 'Failed' });
await flush();
const records = requests.flatMap(({ body }) => body.resourceLogs).flatMap(({ scopeLogs }) => scopeLogs).flatMap(({ logRecords }) => logRecords);
const [paid, failed] = records;
if (requests[0].url !== 'http://localhost:4318/v1/logs' || requests[0].headers['content-encoding'] !== 'gzip') throw new Error(JSON.stringify(requests));
if (paid.attributes[0].value.intValue !== '1042' || paid.attributes[1].value.bytesValue !== 'AQ==') throw new Error(JSON.stringify(paid));
if (failed.severityNumber !== 17 || failed.body.stringValue !== 'Failed') throw new Error(JSON.stringify(failed));
if (sink.stats().acknowledged !== 2 || stats().written !== 2) throw new Error(JSON.stringify(stats()));
console.log('ok');
