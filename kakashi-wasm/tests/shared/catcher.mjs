// Sinks that remember, fail, or wait, as a test wants them to.

/** Keeps every batch. `behave`, if there is one, runs first: what it throws or returns is the sink's answer. */
export function catcher(behave, options = {}) {
  const batches = [];
  return {
    name: 'catcher',
    format: 'json',
    ...options,
    batches,
    /** Batches that were offered, whether they were taken or not. */
    offered: 0,
    write(batch) {
      this.offered++;
      const answer = behave?.(batch, this.offered);
      if (typeof answer?.then === 'function') return answer.then(() => void batches.push(batch));
      batches.push(batch);
    },
    /** All lines, without their ends. */
    get lines() {
      return batches.flatMap((batch) => [...batch.lines()].map(({ text }) => text));
    },
    /** All lines, parsed; announcements of drops are among them. */
    get entries() {
      return this.lines.map((line) => JSON.parse(line));
    },
    /** Records only. */
    get records() {
      return this.entries.filter((entry) => !isAnnouncement(entry));
    },
    get announcements() {
      return this.entries.filter(isAnnouncement);
    },
    get messages() {
      return this.records.map(({ message }) => message);
    },
    /** Records that announcements say are missing. */
    get announced() {
      return this.announcements.reduce((sum, { dropped }) => sum + dropped, 0);
    },
  };
}

export function isAnnouncement({ logger, message }) {
  return logger === 'kakashi' && message === 'Records were dropped';
}

/** A promise and what settles it. */
export function gate() {
  let open;
  let refuse;
  const promise = new Promise((resolve, reject) => ((open = resolve), (refuse = reject)));
  return { promise, open, refuse };
}
