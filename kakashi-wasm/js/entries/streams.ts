// The streams behind a console: each has colours, or not, for itself.

import { platform, variable } from '../platform.js';
import { unfoldErrors } from './pretty-errors.js';
import { methodOf } from '../sinks/console-sink.js';

/** Whether a stream has colours: the first of these variables that is set and not empty decides, else whether it is a terminal. */
function hasColours(isTerminal: boolean | undefined): boolean {
  if (variable('NO_COLOR')) return false;
  const forced = variable('FORCE_COLOR');
  if (forced) return !/^(0|false)$/.test(forced);
  const always = variable('CLICOLOR_FORCE');
  if (always && always !== '0') return true;
  return isTerminal === true && variable('CLICOLOR') !== '0' && variable('TERM') !== 'dumb';
}

/** Describes stdout and stderr in `platform`. @internal */
export function installStreams(stdout: boolean | undefined, stderr: boolean | undefined, noColour = false): void {
  const [out, err] = [stdout, stderr].map((isTerminal) => !noColour && hasColours(isTerminal)) as [boolean, boolean];
  platform.terminal = out;
  platform.colours = out || err;
  platform.writeLines = (lines, isPretty) => {
    let method: ReturnType<typeof methodOf> | undefined;
    let run: string[] = [];
    // One call for all lines in a row that have one method.
    const write = () => {
      const isColoured = method === 'warn' || method === 'error' ? err : out;
      const text = (isPretty ? run.map((record) => unfoldErrors(record, isColoured)) : run).join('\n');
      if (method) console[method](isPretty && !isColoured ? text.replace(/\x1b\[[\d;]*m/g, '') : text);
      run = [];
    };
    for (const { level, text } of lines) {
      if (methodOf(level) !== method) write();
      method = methodOf(level);
      run.push(text);
    }
    write();
  };
}
