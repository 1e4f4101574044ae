// Servers and clients for the records of requests.

import { createServer, request } from 'node:http';

/** Serves with a listener of node:http until the test is over; returns its URL. */
export async function listen(t, listener) {
  const server = createServer(listener);
  t.after(() => (server.closeAllConnections(), server.close()));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${server.address().port}`;
}

/** Asks once, with headers as they are given; returns status, headers and body. */
export function ask(url, { headers = {}, method = 'GET', body, agent } = {}) {
  return new Promise((answered, failed) => {
    const asked = request(url, { headers, method, agent }, async (response) => {
      const parts = [];
      try {
        for await (const part of response) parts.push(part);
        answered({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts).toString() });
      } catch (error) {
        failed(error);
      }
    });
    asked.on('error', failed).end(body);
  });
}
