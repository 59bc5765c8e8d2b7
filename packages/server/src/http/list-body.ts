interface Turns {
  take(): Promise<() => boolean>;
}

export interface ListBody<T> {
  /** What stands before the first item, such as `{"bots":[`. */
  readonly head: string;
  readonly items: Iterable<T>;
  /** One item as JSON text; undefined leaves it out. */
  readonly encode: (item: T) => string | undefined;
  readonly tail: string;
}

/** So much is handed to the socket at once. */
const chunkLength = 128 * 1024;

/**
 * A long JSON body, made while it is read: piece by piece, each in a turn of its own and only when the one before was taken. So a list
 * of any length never holds the event loop, and a caller who does not read costs one piece of memory, not the whole answer.
 */
export async function* chunksOf<T>(
  { head, items, encode, tail }: ListBody<T>,
  turns: Turns,
): AsyncGenerator<Buffer> {
  let isOver = await turns.take();
  let text = head;
  let comma = "";
  for (const item of items) {
    if (text.length >= chunkLength || isOver()) {
      if (text.length > 0) yield Buffer.from(text);
      text = "";
      isOver = await turns.take();
    }
    const json = encode(item);
    if (json === undefined) continue;
    text += comma + json;
    comma = ",";
  }
  yield Buffer.from(text + tail);
}
