import timers from "node:timers";
import type { DecodedMessage as Message } from "@kissbot/protocol";
import { messageOfError } from "../errno.js";
import { longestDelayMs } from "../heartbeat-timer.js";

/**
 * Taken when the package is loaded: a test may put fake timers in their place, and the deadline
 * must come all the same.
 */
const { setTimeout, clearTimeout } = timers;

/** Whether the awaited messages have come. */
export type Predicate = (messages: readonly Message[]) => boolean;

/**
 * One `waitFor`. A predicate that throws counts as false; its last error is part of the rejection.
 * Only the promise reports anything.
 */
export class Watch {
  readonly promise: Promise<readonly Message[]>;
  readonly #isDone: Predicate;
  readonly #messages: readonly Message[];
  readonly #timer: NodeJS.Timeout;
  #resolve!: (messages: readonly Message[]) => void;
  #reject!: (error: Error) => void;
  #lastError: unknown;

  /** `onTimeout` is called when it has become pointless to call `look` again. */
  constructor(
    isDone: Predicate,
    messages: readonly Message[],
    { timeoutMs, onTimeout }: { readonly timeoutMs: number; readonly onTimeout: () => void },
  ) {
    this.#isDone = isDone;
    this.#messages = messages;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = setTimeout(
      () => {
        onTimeout();
        this.#reject(this.#lateness(timeoutMs));
      },
      Math.min(timeoutMs, longestDelayMs),
    );
  }

  /** Asks the predicate; whether the wait is over. Never throws. */
  look(): boolean {
    if (typeof this.#isDone !== "function") return this.#refuse("expected a function");
    try {
      const answer: unknown = this.#isDone(this.#messages);
      this.#lastError = undefined;
      if (!answer) return false;
      const { then } = answer as { then?: unknown };
      if (typeof then !== "function") {
        clearTimeout(this.#timer);
        this.#resolve(this.#messages);
        return true;
      }
      // What it rejects with must not become an unhandled rejection.
      then.call(answer, undefined, () => {});
    } catch (error) {
      this.#lastError = error;
      return false;
    }
    return this.#refuse("the predicate returned a promise; expected true or false");
  }

  #refuse(message: string): true {
    clearTimeout(this.#timer);
    this.#reject(new TypeError(`waitFor: ${message}`));
    return true;
  }

  #lateness(timeoutMs: number): Error {
    const seen = this.#messages.slice(-20).map((message) => JSON.stringify(message));
    const arrived = `not within ${timeoutMs} ms; ${this.#messages.length} messages arrived:\n${seen.join("\n")}`;
    if (this.#lastError === undefined) return new Error(arrived);
    const thrown = messageOfError(this.#lastError);
    return new Error(`${arrived}\nthe predicate threw: ${thrown}`, { cause: this.#lastError });
  }
}
