// kakashi-wasm/file where there are no files: in a page, at an edge, in React Native. Each function says so when it is called; a
// program that is built for several places may import it in all of them.

import type { FileSink } from '../files/file-sink.js';
import type { FileOptions, RotatingFileOptions } from '../files/settings.js';

export { FileError } from '../files/file-error.js';
export type { FileSink, FileStats } from '../files/file-sink.js';
export type { FileAge, FileOptions, RotatingFileOptions } from '../files/settings.js';

function refused(name: string): never {
  throw new Error(
    `kakashi-wasm/file has no ${name} here: it writes files in Node, Deno and Bun, and this was built for a browser, an edge runtime or React Native; ` +
      "there send records by httpSink() of kakashi-wasm/http, or build a server's code for the server (esbuild: platform 'node', webpack: target 'node', Vite: build.ssr)",
  );
}

/** Throws: there are no files. */
export function fileSink(_path: string, _options?: FileOptions): FileSink {
  return refused('fileSink');
}

/** Throws: there are no files. */
export function rotatingFileSink(_path: string, _options?: RotatingFileOptions): FileSink {
  return refused('rotatingFileSink');
}

/** Throws: there are no files. */
export function reopenFiles(): void {
  refused('reopenFiles');
}
