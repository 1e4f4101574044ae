// Where pino's lines go: a stream that is given; else the program's sinks, and stdout until there are any.

import { type LoggerCore, addUnregistered, newCore } from '../loggers/registry.js';
import { Dispatch } from '../engine/dispatch.js';
import { addDispatch, changeDispatch } from '../engine/emit.js';
import { followers } from '../engine/followers.js';
import { rootDispatch } from '../engine/root-dispatch.js';
import { withTaps } from '../engine/taps.js';
import { membersOf } from '../sinks/json-members.js';
import { fieldName, millisOf, pinoLevel } from '../sinks/pino-format.js';
import { sinkQueueOf } from '../sinks/retrying-sink-queue.js';
import type { SinkQueue } from '../sinks/sink-queue.js';
import type { LineFormat, Sink } from '../sinks/sink.js';

/** A stream that takes lines. */
export interface DestinationStream {
  write(line: string): unknown;
  flush?: unknown;
}

/** What of a line depends on an instance's options. @internal */
export interface LineOptions {
  readonly messageKey: string;
  readonly hasLevel: boolean;
  readonly hasTime: boolean;
}

/** The field that has the number of a level that is none of pino's six. @internal */
export const OWN_LEVEL = 'pino.level';
/** The field in whose place the time is written: after the level, of whatever members a formatter has made that. @internal */
export const OWN_TIME = 'pino.time';

function lineFormat({ messageKey, hasLevel, hasTime }: LineOptions): LineFormat {
  return {
    line(json) {
      const [time, level, , message, ...fields] = membersOf(json);
      const own = fields[0]?.[0] === OWN_LEVEL ? fields.shift()![1] : undefined;
      const when = `"time":${millisOf(time![1])}`;
      const members = fields.map(([key, value]) => (key === OWN_TIME ? when : `"${fieldName(key)}":${value}`));
      if (hasTime && hasLevel) members.unshift(when);
      if (hasLevel) members.unshift(`"level":${own ?? pinoLevel(level![1])}`);
      if (message![1] !== '""') members.push(`${JSON.stringify(messageKey)}:${message![1]}`);
      return `{${members.join()}}`;
    },
  };
}

/** Its records are with the stream when their call returns, as pino's are. */
class StreamDispatch extends Dispatch {
  override setQueues(queues: SinkQueue[]): void {
    super.setQueues(queues);
    this.isPrompt = true;
  }
}

function streamSink(stream: DestinationStream, format: LineFormat, level: number): Sink {
  return {
    name: 'destination',
    format,
    level,
    write(batch) {
      for (const { text } of batch.lines()) stream.write(`${text}\n`);
    },
  };
}

/** One sink for all lines that go to stdout, or to a page's console. */
const stdout = (format: LineFormat): Sink => ({
  name: 'stdout',
  format,
  write(batch) {
    // Some consoles take even a lone text for a format.
    for (const { text } of batch.lines()) console.log('%s', text);
  },
});

/** Makes the core of a root instance. @internal */
export function pinoCore(name: string, streams: readonly { stream: DestinationStream; level: number }[], options: LineOptions): LoggerCore {
  const format = lineFormat(options);
  const dispatch = streams.length > 0 ? new StreamDispatch() : new Dispatch();
  const own = streams.length > 0 ? streams.map(({ stream, level }) => streamSink(stream, format, level)) : [stdout(format)];
  const queues = () => withTaps(dispatch, own.map((sink) => sinkQueueOf(sink, format)));
  const follow = () => {
    const root = rootDispatch();
    dispatch.redaction = root.redaction;
    return withTaps(dispatch, root.queues);
  };
  const follows = streams.length === 0 && followers.isConfigured;
  dispatch.setQueues(follows ? follow() : queues());
  addDispatch(dispatch);
  if (streams.length === 0) followers.all.add(() => changeDispatch(dispatch, follow));
  return addUnregistered(newCore(`pino${dispatch.id}`, name, dispatch, 0));
}
