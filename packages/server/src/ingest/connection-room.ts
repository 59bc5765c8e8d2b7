import { connectionLimit } from "./connection-limit.js";

/** How many connections all listeners have together, and how many there may be. */
export class ConnectionRoom {
  /** Null: nobody knows of a limit. */
  limit: number | null = null;
  open = 0;
  /** Since the start of the process. */
  total = 0;
  #hasRefused = false;

  /** Asks the system anew for the limit. */
  measure(): void {
    this.limit = connectionLimit();
  }

  get isFull(): boolean {
    return this.limit !== null && this.open >= this.limit;
  }

  /** A connection was closed at once, as there was no room for it. */
  refused(): void {
    this.#hasRefused = true;
  }

  /** Whether there is no room, or was none since the last question. */
  takeWasFull(): boolean {
    const wasFull = this.#hasRefused || this.isFull;
    this.#hasRefused = false;
    return wasFull;
  }
}
