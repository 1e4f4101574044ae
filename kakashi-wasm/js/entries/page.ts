// Pages: they may end without notice once they are hidden. What is made for pages may run in a process, too: it flushes at that's end.

import { flushLast } from '../engine/flush.js';
import { platform } from '../platform.js';
import { once } from '../realm.js';
import { isTest } from './tests.js';

/** Flushes when the page gets hidden: it may never be shown again. A process has an end in place of that. @internal */
export function installPage(): void {
  // Under jsdom.
  platform.prompt = isTest();
  const page = globalThis as Partial<typeof globalThis>;
  platform.page = Boolean(page.document) && !platform.prompt;
  once('page', () => {
    page.document?.addEventListener?.('visibilitychange', () => {
      if (page.document!.visibilityState === 'hidden') flushLast();
    });
    page.addEventListener?.('pagehide', flushLast);
    page.process?.on?.('exit', flushLast);
    return true;
  });
}
