import type { Turns } from "../turns.js";

/**
 * Work that may pause at each `yield`, when others get the event loop; the state may have changed
 * afterwards.
 */
export type Work<Result> = Generator<undefined, Result, undefined>;

/** Between two yields, where an item takes some microseconds. */
const itemsPerPiece = 50;

/** Looks at each item, with yields between and at the end. */
export function* eachOf<Item>(items: Iterable<Item>, look: (item: Item) => void): Work<void> {
  let seen = 0;
  for (const item of items) {
    look(item);
    if (++seen % itemsPerPiece === 0) yield;
  }
  yield;
}

/**
 * Does the work, turn by turn of the event loop. Resolves with how long it held the loop in all, in
 * milliseconds; where `isGivenUp`, it is left as it is.
 */
export async function doInTurns(
  work: Work<void>,
  turns: Turns,
  isGivenUp: () => boolean = () => false,
): Promise<number> {
  let spentMs = 0;
  for (let isDone = false; !isDone; ) {
    const isOver = await turns.nextTurn();
    if (isGivenUp()) break;
    const fromMs = performance.now();
    do isDone = work.next().done === true;
    while (!isDone && !isOver());
    spentMs += performance.now() - fromMs;
  }
  return spentMs;
}
