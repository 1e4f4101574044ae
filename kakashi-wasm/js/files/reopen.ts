// All files, opened anew.

import { openFiles } from './state.js';

/**
 * Opens every file of a `fileSink` anew, and has files that follow one another look whether theirs is still there:
 * call it after logrotate has renamed them, `process.on('SIGHUP', reopenFiles)`. One that can't be opened is
 * tried again with the next batch.
 */
export function reopenFiles(): void {
  for (const file of openFiles.values()) file.reopen();
}
