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

export function isNative(value: unknown): value is Promise<unknown> {
  return value instanceof Promise && value.then === Promise.prototype.then;
}

/**
 * Hears each call of a method: `after` gets the result, `before` may change the arguments. What
 * they throw is lost. Leaves what is frozen, or has no such method, as it is.
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
        const result = method.apply(this, given);
        attempt(() => after(result));
        return result;
      },
      writable: true,
      configurable: true,
    } as PropertyDescriptor);
  });
}

/** Watches each iterator that a stream opens. */
export function watchIterable(watcher: Watcher, stream: unknown): void {
  // The streams of OpenAI and Anthropic open it by the first, for `tee()`, too.
  const key = isFunction(at(stream, "iterator")) ? "iterator" : Symbol.asyncIterator;
  hear(stream, key, (iterator) => watchIterator(watcher, iterator, stream));
}

/** Watches the steps of an iterator. */
export function watchIterator(watcher: Watcher, iterator: unknown, stream = iterator): void {
  for (const key of ["next", "return"]) {
    hear(iterator, key, (step) => {
      Promise.resolve(step)
        .then((found) => {
          if (!at(found, "done")) watcher.read(at(found, "value"));
          // `stream.controller.abort()` ends it without an error.
          else if (key === "next" && !at(at(at(stream, "controller"), "signal"), "aborted")) watcher.end();
          else watcher.stop();
        }, watcher.fail)
        .catch(ignore);
    });
  }
}
