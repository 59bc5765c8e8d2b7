const writers = ["rows", "runs", "alerts", "repricing"] as const;

/** Epochs in one millisecond: one for each writer and chance. */
const perMs = 1_024;
const chances = Math.floor(perMs / writers.length);

/**
 * The epoch under which one writer of a monitor numbers its batches. No two writers of a run have
 * the same epoch, or the store would take a batch of one for a duplicate of the other's. If the
 * clock is set back, two runs may have the same start. So each call adds a random `chance`, from 0
 * to below 1.
 */
export function batchEpoch(
  writer: (typeof writers)[number],
  startedAtMs: number,
  chance = Math.random(),
): number {
  return startedAtMs * perMs + Math.floor(chance * chances) * writers.length + writers.indexOf(writer);
}
