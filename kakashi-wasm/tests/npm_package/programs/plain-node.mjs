import { callbackSink, configure, getLogger, ready } from 'kakashi-wasm';

await ready;
const lines = [];
configure({ sinks: [callbackSink(({ text }) => void lines.push(text), { format: 'json' })], redact: ['*.pin'] });
getLogger('app').error('Plain', { card: { pin: 1, id: 2.5 } });
const [{ message, card }] = lines.map((line) => JSON.parse(line));
if (message !== 'Plain' || card.pin !== '[REDACTED]' || card.id !== 2.5) throw new Error(lines.join());
console.log('ok');
