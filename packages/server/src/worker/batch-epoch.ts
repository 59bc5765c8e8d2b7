const writers = ["rows", "runs", "alerts", "repricing"] as const;

/** Epochs of one millisecond: a place for each writer and chance. */
const perMs = 1_024;
const chances = Math.floor(perMs / writers.length);

/**
 * The epoch under which one writer of a monitor numbers its batches. Writers of one life never have
 * the same, else the ledger would take the batches of one for those of the other. A clock that was
 * set back gives two lives the same start; so each has a chance of its own, from 0 to below 1.
 */
export function batchEpoch(
  writer: (typeof writers)[number],
  startedAtMs: number,
  chance = Math.random(),
): number {
  return startedAtMs * perMs + Math.floor(chance * chances) * writers.length + writers.indexOf(writer);
}
