// How many records a receiver refused of a request that it has taken ("partial success").

/** Reads an answer, which may be anything: what is none says 0. */
export function rejectedBy(answer: string): number {
  try {
    const { partialSuccess } = JSON.parse(answer) as { partialSuccess?: { rejectedLogRecords?: unknown } };
    // An int64: a string, or a number from those who do not keep to that. What is negative is none.
    const rejected = String(partialSuccess?.rejectedLogRecords);
    return /^\d+$/.test(rejected) ? Number(rejected) : 0;
  } catch {
    return 0;
  }
}
