// A clock that stands where a test has put it.

/**
 * Puts it in place of the process's clocks; `micros` is its time. The package reads the clock as it is loaded: call
 * this before.
 */
export function standingClock(micros = 0) {
  const clock = { micros };
  const millis = () => {
    let now = clock.micros / 1000;
    while (Math.floor(now * 1000) < clock.micros) now += Number.EPSILON * now;
    return now;
  };
  Date.now = millis;
  performance.now = millis;
  return clock;
}

/** Makes what tells whether a time, in milliseconds, is of now: between this call and its own, whose clocks may be a second apart. */
export function sinceNow() {
  const begun = Date.now();
  return (millis) => millis >= begun - 1000 && millis <= Date.now() + 1000;
}
