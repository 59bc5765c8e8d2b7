/**
 * Lets tasks run one after the other, in the order in which they came, whether or not the one
 * before failed.
 */
export class TaskQueue {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    // Only the end matters to the next; the failure is the caller's to hear of.
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
