import { BytePieces, type PiecePool } from "../byte-pieces.js";
import type { Turns } from "../turns.js";
import type { Answer } from "./route.js";

/** What making a list takes of what all share: a turn on the event loop, and memory. */
export interface ListMeans {
  readonly turns: Turns;
  readonly pieces: PiecePool;
  /** Members that each list has after its own, with a comma before them; none if not given. */
  readonly members?: () => string;
}

export interface ListBody<T> {
  /** The text before the first item, such as `{"bots":[`. */
  readonly head: string;
  readonly items: Iterable<T>;
  /** One item as JSON text; undefined leaves it out. */
  readonly encode: (item: T) => string | undefined;
  /** The text after the last item, which ends with the brace of the whole. */
  readonly tail: string;
}

/**
 * A long JSON body, made while it is read: piece by piece, each in its own turn and only after the
 * reader took the previous one. So a list of any length never blocks the event loop, and a caller
 * that does not read costs one piece of memory, not the whole answer.
 */
export function listAnswer<T>(body: ListBody<T>, means: ListMeans): Answer {
  return { kind: "chunks", chunks: chunksOf(body, means), sent: (chunk) => means.pieces.giveBack(chunk) };
}

async function* chunksOf<T>(
  { head, items, encode, tail }: ListBody<T>,
  { turns, pieces: pool, members = () => "" }: ListMeans,
): AsyncGenerator<Buffer> {
  const pieces = new BytePieces(pool);
  let isOver = await turns.nextTurn();
  pieces.addText(head);
  let comma = "";
  for (const item of items) {
    const full = pieces.takeFull();
    if (full.length > 0 || isOver()) {
      yield* full;
      isOver = await turns.nextTurn();
    }
    const json = encode(item);
    if (json === undefined) continue;
    pieces.addText(comma);
    pieces.addText(json);
    comma = ",";
  }
  pieces.addText(`${tail.slice(0, -1)}${members()}}`);
  yield* pieces.end();
}
