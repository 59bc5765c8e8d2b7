import { at, attempt, isFunction } from "./value.js";

/** Hears what a stream does. None of its methods throws. */
export interface Watcher {
  read(chunk: unknown): void;
  end(): void;
  /** The reader wants no more. */
  stop(): void;
  fail(error: unknown): void;
}

export const ignore = (): void => {};

function isNative(value: unknown): value is Promise<unknown> {
  return value instanceof Promise && value.then === Promise.prototype.then;
}

/**
 * Wraps a method: `after` gets each result, `before` may change the arguments. What they throw is
 * ignored. Does nothing if the object is frozen or has no such method.
 */
export function hear(
  target: unknown,
  key: string | symbol,
  after: (result: unknown) => void,
  before?: (given: unknown[]) => void,
): void {
  attempt(() => {
    const method = at(target, key);
    if (!isFunction(method)) return;
    Reflect.defineProperty(target as object, key, {
      __proto__: null,
      value(this: unknown, ...given: unknown[]) {
        attempt(() => before?.(given));
        // A method of a proxy may have no `apply` of its own.
        const result = Reflect.apply(method, this, given);
        attempt(() => after(result));
        return result;
      },
      writable: true,
      configurable: true,
    } as PropertyDescriptor);
  });
}

/** Watches each iterator that a stream opens. May throw. */
export function watchIterable(watcher: Watcher, stream: unknown): void {
  // The streams of OpenAI and Anthropic open it by the first, for `tee()`, too.
  const key = isFunction(at(stream, "iterator")) ? "iterator" : Symbol.asyncIterator;
  hear(stream, key, (iterator) => watchIterator(watcher, iterator, stream));
}

/** Listens to the result of a value that may be a promise. If it throws, it does not listen. */
export function watchOutcome(
  value: unknown,
  settle: (answer: unknown) => void,
  fail: (error: unknown) => void,
  watchPromise: (promise: Promise<unknown>) => void,
): void {
  if (!isFunction(at(value, "then"))) settle(value);
  else if (isNative(value)) watchPromise(value);
  else {
    // It has its own `then`, which may start the work: only the bot may call it.
    hear(value, "then", ignore, (given) => {
      const [onAnswer, onError] = given;
      given[0] = (answer: unknown) => {
        settle(answer);
        return isFunction(onAnswer) ? onAnswer(answer) : answer;
      };
      given[1] = (error: unknown) => {
        fail(error);
        if (isFunction(onError)) return onError(error);
        throw error;
      };
    });
  }
}

/** Watches the steps of an iterator. */
export function watchIterator(watcher: Watcher, iterator: unknown, stream = iterator): void {
  for (const key of ["next", "return"]) {
    const settle = (found: unknown): void =>
      attempt(() => {
        if (!at(found, "done")) watcher.read(at(found, "value"));
        // `stream.controller.abort()` ends it without an error.
        else if (key === "return" || at(at(at(stream, "controller"), "signal"), "aborted")) watcher.stop();
        else watcher.end();
      });
    hear(iterator, key, (step) => {
      watchOutcome(step, settle, watcher.fail, (promise) => promise.then(settle, watcher.fail));
    });
  }
}
