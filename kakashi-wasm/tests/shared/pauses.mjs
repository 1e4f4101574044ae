// Pauses of minutes that end at once.

/** Ends each pause that `isPause` is true of as soon as it has begun; returns how many milliseconds each was to last. */
export function endPauses(t, isPause) {
  const pauses = [];
  const real = setTimeout;
  t.mock.method(globalThis, 'setTimeout', (run, ms, ...given) => {
    const ends = isPause(ms);
    if (ends) pauses.push(ms);
    return real(run, ends ? 0 : ms, ...given);
  });
  return pauses;
}
