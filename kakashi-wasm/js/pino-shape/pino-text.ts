// A message with its `%s`, `%d`, `%i`, `%f`, `%o`, `%O` and `%j`, as pino fills them in (quick-format-unescaped).

function json(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return '"[Circular]"';
  }
}

/** Makes the message of a call; one that is no text stays what it is. @internal */
export function pinoText(message: unknown, given: readonly unknown[]): unknown {
  if (typeof message === 'object' && message !== null && given.length > 0) return [message, ...given].map(json).join(' ');
  if (typeof message !== 'string' || given.length === 0) return message;
  let next = 0;
  return message.replace(/%([dfiojOs%])/g, (all, kind: string) => {
    if (kind === '%') return '%';
    if (next >= given.length) return all;
    const value = given[next++];
    if (kind === 's') return String(value);
    if ('dfi'.includes(kind)) return value === null || value === undefined ? all : String(kind === 'i' ? Math.floor(Number(value)) : Number(value));
    if (value === undefined) return all;
    if (typeof value === 'string') return `'${value}'`;
    return typeof value === 'function' ? value.name || '<anonymous>' : String(json(value));
  });
}
