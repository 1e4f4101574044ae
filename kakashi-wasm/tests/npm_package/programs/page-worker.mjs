import * as kakashi from '/node_modules/kakashi-wasm/dist/entries/browser.js';
import { scenario } from '/scenario.mjs';

const early = [];
kakashi.configure({ sinks: [kakashi.callbackSink((batch) => void early.push(batch.text), { format: 'json' })] });
for (let at = 0; at < 50; at++) kakashi.info(`early ${at}`);
try {
  await kakashi.flush();
  const messages = early.join('').trim().split('\n').map((line) => JSON.parse(line).message);
  const stats = await scenario(kakashi);
  postMessage({ messages, stats });
} catch (error) {
  postMessage({ error: String(error.stack ?? error) });
}
