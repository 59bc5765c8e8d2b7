/**
 * Lets tasks run one after the other, in the order in which they came, whether or not the one
 * before failed.
 */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    // Only the end matters to the next; the failure is the caller's to hear of.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
