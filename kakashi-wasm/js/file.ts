// Files in Node, Deno and Bun: the public API of kakashi-wasm/file.

export { FileError } from './files/file-error.js';
export { type FileSink, type FileStats } from './files/file-sink.js';
export { fileSink } from './files/plain-file.js';
export { reopenFiles } from './files/reopen.js';
export { rotatingFileSink } from './files/rotating-file.js';
export type { FileAge, FileOptions, RotatingFileOptions } from './files/settings.js';
