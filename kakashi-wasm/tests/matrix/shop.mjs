// What every example's shop must have logged, whatever it is built with.

import assert from 'node:assert/strict';
import { Agent, request as begin } from 'node:http';
import { ask } from '../shared/requests.mjs';
import { until } from '../shared/until.mjs';

const MANY = 1000;

/** A program's records so far, without times; `http` are those at the end of requests. */
export function recordsOf(lines) {
  const records = lines.filter((line) => line.startsWith('{"timestamp"')).map((line) => JSON.parse(line));
  return { records, http: records.filter(({ logger }) => logger === 'http') };
}

/** Waits for the record at the end of a request. */
export function endOf(lines, id) {
  return until(`${id} has its record`, () => recordsOf(lines).http.find(({ request_id }) => request_id === id));
}

/** Picks fields, so that a difference shows them all. */
const pick = (record, ...keys) => Object.fromEntries(keys.map((key) => [key, record[key]]));

/** Sees to it that a client that goes away is said; it has read something by then. */
function goAway(url, headers) {
  return new Promise((gone, failed) => {
    const asked = begin(url, { headers }, (response) => response.once('data', () => asked.destroy()).on('error', () => {}).on('close', gone));
    asked.on('error', failed).end();
  });
}

/**
 * Asks a shop for everything, and reads its records. `routes` says whether they name routes; `failed` is the status in
 * the record of what a handler threw, null where the runtime answers; `notFound` that of a path that there is not, null
 * where no handler sees it; `length` what the header says of ten bytes, null where there is none; `added` what a framework adds to a query, `stack` whose frames an error has.
 */
export async function checkShop(url, lines, { routes = true, failed = 500, notFound = 404, length = '10', added = '', stack = /(server4?|app|fetch|worker)\.mjs/ } = {}) {
  const headers = (id, more) => ({ 'x-request-id': id, 'x-user': `user-${id}`, 'user-agent': 'test', ...more });
  const route = (name) => (routes ? name : undefined);
  const context = (id, access, name) => ({ request_id: id, user_id: `user-${id}`, access, ip: '127.0.0.1', user_agent: 'test', service_name: 'shop', method: access.split(' ')[0], route: route(name) });

  const shown = await ask(`${url}/orders/7?token=secret&page=2`, { headers: headers('r-7') });
  assert.deepEqual([shown.status, JSON.parse(shown.body), shown.headers['x-request-id'], shown.headers['content-length'] ?? null], [200, { id: '7' }, 'r-7', length]);
  const end = await endOf(lines, 'r-7');
  const said = recordsOf(lines).records.find(({ message }) => message === 'Order shown');
  const expected = context('r-7', 'GET /orders/7', '/orders/:id');
  assert.deepEqual(pick(said, ...Object.keys(expected)), expected);
  assert.deepEqual(pick(end, ...Object.keys(expected)), expected);
  assert.deepEqual(pick(end, 'level', 'message', 'status', 'bytes', 'query'), { level: 'INFO', message: 'Request finished', status: 200, bytes: 10, query: `token=[REDACTED]&page=2${added}` });
  assert.ok(end.duration > 0 && end.duration < 60);

  const accepted = await ask(`${url}/orders`, { method: 'POST', body: '{"id":"9"}', headers: headers('r-9', { 'content-type': 'application/json' }) });
  assert.deepEqual([accepted.status, accepted.body], [201, '{"id":"9"}']);
  await endOf(lines, 'r-9');
  assert.deepEqual(pick(recordsOf(lines).records.find(({ message }) => message === 'Order accepted'), 'request_id', 'user_id'), { request_id: 'r-9', user_id: 'user-r-9' });

  assert.equal((await ask(`${url}/orders/8/invoice`, { headers: headers('r-8') })).status, 500);
  const error = await endOf(lines, 'r-8');
  const failure = { ...context('r-8', 'GET /orders/8/invoice', '/orders/:id/invoice'), level: 'ERROR', message: 'Request failed', status: failed ?? undefined, 'exception.type': 'TypeError', 'exception.message': 'no invoice of 8' };
  assert.deepEqual(pick(error, ...Object.keys(failure)), failure);
  assert.match(error['exception.stacktrace'], stack);

  assert.equal((await ask(`${url}/report`, { headers: headers('r-report') })).body, 'one\ntwo\nthree\n');
  assert.deepEqual(pick(await endOf(lines, 'r-report'), 'status', 'bytes', 'message'), { status: 200, bytes: 14, message: 'Request finished' });
  await goAway(`${url}/events`, headers('r-gone'));
  const gone = await endOf(lines, 'r-gone');
  assert.deepEqual(pick(gone, 'level', 'message', 'status'), { level: 'WARNING', message: 'Client went away during the response', status: 200 });
  assert.ok(gone.bytes >= 12 && gone.bytes % 12 === 0, `${gone.bytes}`);
  assert.equal((await ask(`${url}/nope`, { headers: headers('r-nope') })).status, 404);
  if (notFound) assert.deepEqual(pick(await endOf(lines, 'r-nope'), 'level', 'status', 'route'), { level: 'WARNING', status: notFound, route: undefined });
  assert.equal((await ask(`${url}/health`, { headers: headers('r-health') })).body, 'ok');

  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const answers = Array.from({ length: MANY }, (_, id) => ask(`${url}/orders/${id}`, { agent, headers: headers(`m-${id}`) }));
  for (const [id, { headers, body }] of (await Promise.all(answers)).entries()) assert.deepEqual([headers['x-request-id'], JSON.parse(body)], [`m-${id}`, { id: String(id) }]);
  agent.destroy();
  const many = await until(`${MANY} requests have their records`, () => {
    const { records } = recordsOf(lines);
    const many = records.filter(({ request_id }) => request_id?.startsWith('m-'));
    return many.length >= 2 * MANY && many;
  });
  assert.equal(many.length, 2 * MANY);
  for (const { request_id, user_id, access, message, id = access.split('/')[2] } of many) {
    assert.deepEqual([request_id, user_id, access], [`m-${id}`, `user-m-${id}`, `GET /orders/${id}`], message);
  }
  const { http } = recordsOf(lines);
  assert.equal(http.filter(({ request_id }) => !request_id.startsWith('m-') && /^r-/.test(request_id)).length, notFound ? 6 : 5, 'one for each, and none for what is ignored');
  assert.ok(!lines.some((line) => line.includes('secret')));
}
