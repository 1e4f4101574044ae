import * as kakashi from 'kakashi-wasm';
import { httpSink } from 'kakashi-wasm/http';
import { scenario } from './scenario.mjs';

const stats = await scenario(kakashi);
if (typeof httpSink('http://localhost/').stats !== 'function') throw new Error('no httpSink');
// Where a runtime keeps a task's context across await, it must be kept.
const seen = [];
kakashi.configure({ sinks: [kakashi.callbackSink((batch) => void seen.push(batch.text), { format: 'json' })] });
await Promise.all([1, 2, 3].map((id) => kakashi.withContext({ id }, async () => {
  await new Promise((later) => setTimeout(later, 4 - id));
  kakashi.info(`task ${id}`);
})));
await kakashi.flush();
for (const { message, id } of seen.join('').trim().split('\n').map((line) => JSON.parse(line))) {
  if (message !== `task ${id}`) throw new Error(`${message} has the context of ${id}`);
}
console.log(JSON.stringify(stats));
console.log('ok');
