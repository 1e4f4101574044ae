// A receiver of OTLP/JSON on loopback that takes nothing but what the protocol says, and misbehaves as a test wants.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

const members = (object, ...names) => assert.deepEqual(Object.keys(object).filter((name) => !names.includes(name)), [], JSON.stringify(object));
const isText = (text) => assert.equal(typeof text, 'string');

/** Checks an `AnyValue`, and returns it as a value of JavaScript. */
function valueOf(value) {
  const all = Object.entries(value);
  assert.ok(all.length <= 1, JSON.stringify(value));
  if (all.length === 0) return null;
  const [[kind, given]] = all;
  switch (kind) {
    case 'stringValue':
      isText(given);
      return given;
    case 'boolValue':
      assert.equal(typeof given, 'boolean');
      return given;
    case 'intValue':
      assert.match(given, /^(0|-?[1-9]\d*)$/);
      assert.equal(BigInt.asIntN(64, BigInt(given)), BigInt(given));
      return Number.isSafeInteger(Number(given)) ? Number(given) : BigInt(given);
    case 'doubleValue':
      assert.equal(typeof given, 'number');
      return given;
    case 'bytesValue':
      assert.match(given, /^[\w+/]*={0,2}$/);
      return Uint8Array.from(Buffer.from(given, 'base64'));
    case 'arrayValue':
      members(given, 'values');
      return given.values.map(valueOf);
    case 'kvlistValue':
      members(given, 'values');
      return pairsOf(given.values);
    default:
      assert.fail(`no kind of value: ${kind}`);
  }
}

function pairsOf(pairs) {
  for (const pair of pairs) members(pair, 'key', 'value');
  return Object.fromEntries(pairs.map(({ key, value }) => (isText(key), [key, valueOf(value)])));
}

/** Checks a request; returns its records, each with its scope and its resource. */
export function recordsOf(request) {
  members(request, 'resourceLogs');
  return request.resourceLogs.flatMap(({ resource, scopeLogs, ...others }) => {
    members(others);
    members(resource, 'attributes');
    const service = pairsOf(resource.attributes);
    isText(service['service.name']);
    return scopeLogs.flatMap((logs) => {
      members(logs, 'scope', 'logRecords');
      members(logs.scope, 'name');
      isText(logs.scope.name);
      return logs.logRecords.map((record) => {
        members(record, 'timeUnixNano', 'observedTimeUnixNano', 'severityNumber', 'severityText', 'body', 'attributes', 'droppedAttributesCount', 'traceId', 'spanId');
        for (const time of [record.timeUnixNano, record.observedTimeUnixNano]) assert.match(time, /^\d+$/);
        assert.ok(record.severityNumber >= 1 && record.severityNumber <= 24);
        if ('traceId' in record) assert.match(record.traceId, /^[\da-f]{32}$/);
        if ('spanId' in record) assert.match(record.spanId, /^[\da-f]{16}$/);
        const keys = record.attributes.map(({ key }) => key);
        assert.equal(new Set(keys).size, keys.length, 'no key twice');
        return { ...record, body: valueOf(record.body), attributes: pairsOf(record.attributes), scope: logs.scope.name, resource: service };
      });
    });
  });
}

/** Starts a receiver. `answer` says what it does with its nth request: a status, or what a function does with the response. */
export async function startReceiver(port = 0) {
  const receiver = {
    answer: () => 200,
    /** Requests whose body came whole, whatever was answered. */
    requests: [],
    /** Records of requests that were answered with a status of success. */
    records: [],
    faults: [],
    get numbers() {
      return this.records.map(({ attributes }) => attributes.n);
    },
    close() {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
  const server = createServer(async (request, response) => {
    // Pages of any origin may send.
    response.setHeader('access-control-allow-origin', '*');
    if (request.method === 'OPTIONS') return response.writeHead(204, { 'access-control-allow-headers': 'content-type' }).end();
    try {
      const parts = [];
      for await (const part of request) parts.push(part);
      const sent = Buffer.concat(parts);
      const { headers } = request;
      const body = headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
      assert.deepEqual([request.method, request.url, headers['content-type']], ['POST', '/v1/logs', 'application/json']);
      assert.ok(body.length <= 4 << 20, `${body.length} bytes`);
      const records = recordsOf(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
      receiver.requests.push({ headers, body, records });
      const given = await receiver.answer(receiver.requests.length, response, records);
      if (typeof given === 'number') response.writeHead(given, { 'content-type': 'application/json' }).end('{}');
      if (given >= 200 && given < 300) receiver.records.push(...records);
    } catch (error) {
      // What its sender has cut is no fault.
      if (error.code !== 'ECONNRESET') receiver.faults.push(error);
      response.destroy();
    }
  });
  await new Promise((listening) => server.listen(port, '127.0.0.1', listening));
  receiver.port = server.address().port;
  receiver.endpoint = `http://127.0.0.1:${receiver.port}`;
  return receiver;
}
