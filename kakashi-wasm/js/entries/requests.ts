// Requests of sinks that are under way as a program ends: a server that hangs must not hold it up.
//
// Node says no `beforeExit` while a request is under way. So it is looked at what else keeps
// the process alive.

import process from 'node:process';
import { platform } from '../platform.js';

/** How long a program that has nothing else to do waits for servers. */
const LAST_MS = 5000;
const CHECK_MS = 100;

/** What requests are, and streams of the process itself. */
const STREAMS = /^(PipeWrap|TTYWrap|TCPConnectWrap|GetAddrInfoReqWrap)$/;

/** Aborts the requests of sinks when nothing else has kept the process alive for a while. @internal */
export function watchRequests(): void {
  // Bun does not say what keeps it alive.
  if (typeof process.getActiveResourcesInfo !== 'function' || process.versions['bun']) return;
  const requests = new Set<AbortController>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let aloneSince = 0;
  let checked = 0;
  let gaveUp = 0;
  const check = () => {
    checked = Date.now();
    const others = process.getActiveResourcesInfo().filter((kind) => !STREAMS.test(kind));
    const isAlone = others.length <= requests.size && others.every((kind) => kind === 'TCPSocketWrap');
    if (!isAlone) aloneSince = checked;
    else if (checked - aloneSince >= LAST_MS) {
      gaveUp = checked;
      for (const request of requests) request.abort();
    }
  };
  platform.requests = {
    add(request) {
      // What waits behind those that were aborted has no more time than they.
      if (Date.now() - gaveUp < LAST_MS) return request.abort();
      requests.add(request);
      if (timer) return;
      // What was long ago says nothing of now.
      if (Date.now() - checked > 10 * CHECK_MS) aloneSince = Date.now();
      timer = setInterval(check, CHECK_MS);
      timer.unref();
    },
    delete(request) {
      requests.delete(request);
      if (requests.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}
