import type { TrackedCall } from "./tracked-call.js";
import type { Watcher } from "./watched-stream.js";

/*
 * Loaded with the first stream of the Vercel AI SDK. It imports nothing: a file that both it and
 * the rest import would be one more file for every bot.
 */

interface Delayed {
  readonly promise: Promise<unknown>;
}

interface Step {
  readonly finishReason?: unknown;
}

/** What `streamText` and `streamObject` return. */
interface AiStream {
  readonly _steps?: Delayed;
  readonly _usage?: Delayed;
  readonly _response?: Delayed;
}

/** Watches a stream of the AI SDK. May throw: then it watches nothing more. */
export function watchAiStream(
  call: TrackedCall,
  result: AiStream,
  watchIterable: (watcher: Watcher, stream: unknown) => void,
): void {
  let failure: unknown;
  const fail = (error: unknown): void => call.fail(failure ?? error);
  // A failure in the middle of an answer ends its steps as if all were well.
  const finish = (answer: unknown, reason?: unknown): void => {
    call.read(answer);
    // Where the bot reads the text alone, it is known that it failed, but not why.
    if (reason === "error") failure ??= {};
    if (failure === undefined) call.end();
    else call.fail(failure);
  };
  // The promises behind the getters: a getter reads the whole stream, whether the bot wants it or
  // not.
  const { _steps: steps, _usage: usage, _response: response } = result;
  if (steps !== undefined)
    steps.promise.then((all) => finish({ steps: all }, (all as Step[]).at(-1)?.finishReason), fail);
  else if (usage !== undefined) {
    Promise.all([usage.promise, response?.promise]).then(
      ([total, http]) => finish({ usage: total, response: http }),
      fail,
    );
  } else {
    call.giveUp("onFinish");
    return;
  }
  // None of them settles where the bot stops early.
  const read = (part: unknown): void => {
    const { type, error } = part as { readonly type?: unknown; readonly error?: unknown };
    if (type === "error") failure = error ?? {};
    else if (type === "abort") failure = { name: "AbortError" };
  };
  for (const key of ["textStream", "fullStream", "partialObjectStream"]) {
    // The getters of its class alone: behind a property of its own there is nothing to ask.
    if (!(key in result) || Object.hasOwn(result, key)) continue;
    Reflect.defineProperty(result, key, {
      __proto__: null,
      get() {
        const stream = Reflect.get(Object.getPrototypeOf(result), key, result);
        try {
          watchIterable({ read, end() {}, stop: call.stop, fail }, stream);
        } catch {
          // Then it is not watched.
        }
        return stream;
      },
      configurable: true,
    } as PropertyDescriptor);
  }
}
