import type { TrackedCall } from "./tracked-call.js";
import { at, attempt, isFunction, isObject } from "./value.js";
import { hear, ignore, watchIterable, watchIterator, watchOutcome } from "./watched-stream.js";

interface Request {
  asResponse(): Promise<unknown>;
}

/**
 * Watches what a call returned, in its place. It changes nothing of what the bot sees. It may
 * throw: then it watches nothing more.
 */
export function watchResult(call: TrackedCall, result: unknown): void {
  const settle = (answer: unknown): void => attempt(() => watchAnswer(call, answer));
  if (isFunction(at(result, "asResponse"))) {
    // Of OpenAI's and Anthropic's SDK. It reads the body when the bot awaits it, not where the bot
    // wants the HTTP response.
    hear(result, "parse", (parsed) => {
      let response: unknown = 1;
      // LiteLLM says the price in a header.
      (result as Request).asResponse().then((http) => {
        response = http;
      }, ignore);
      (parsed as Promise<unknown>).then((data) => settle({ data, response }), call.fail);
    });
  } else watchOutcome(result, settle, call.fail, (promise) => watchPromise(call, promise, settle));
}

/** What watches a promise to which the bot has attached nothing so far. */
const watching = new WeakMap<Promise<unknown>, Promise<unknown>>();

const constructorOfPromise = {
  __proto__: null,
  get(this: Promise<unknown>) {
    watching.get(this)?.catch(ignore);
    watching.delete(this);
    return at(Object.getPrototypeOf(this), "constructor");
  },
  configurable: true,
} as PropertyDescriptor;

/**
 * If the bot attaches nothing to a promise that rejects, Node must say so as if nobody watched. So
 * what watches it here rejects as well, and is handled as soon as the bot attaches something: the
 * language looks at `constructor` then. What the bot attached before cannot be seen.
 */
function watchPromise(call: TrackedCall, promise: Promise<unknown>, settle: (answer: unknown) => void): void {
  const settled = promise.then(settle, (error) => {
    call.fail(error);
    throw error;
  });
  if (Reflect.defineProperty(promise, "constructor", constructorOfPromise)) watching.set(promise, settled);
  else settled.catch(ignore);
}

function isStream(value: unknown): value is object {
  // Of the AI SDK only names are looked at: its getters start the reading.
  return isObject(value) && ("textStream" in value || Symbol.asyncIterator in value);
}

let ai: typeof import("./ai-stream.js") | undefined;

function watchAnswer(call: TrackedCall, given: unknown): void {
  if (call.isSettled) return;
  call.isSettled = true;
  // `withResponse()` has the answer beside the HTTP response.
  const data = !isStream(given) && at(given, "response") && at(given, "data");
  const answer = isStream(data) ? data : given;
  if (!isStream(answer)) {
    call.read(answer);
    call.end();
  } else if ("textStream" in answer) {
    const watch = (file: NonNullable<typeof ai>): void => {
      ai = file;
      ai.watchAiStream(call, answer as object, watchIterable);
    };
    // If possible without waiting: the bot reads the stream's parts as soon as it has the stream.
    if (ai) watch(ai);
    else import("./ai-stream.js").then(watch).catch(ignore);
  } else if (isFunction(at(answer, "_emit"))) watchEvents(call, answer);
  else if (isFunction(at(answer, "next"))) watchIterator(call, answer);
  else watchIterable(call, answer);
}

/**
 * The helpers `stream()` of OpenAI and Anthropic. An error listener would count as handling errors,
 * so there is none.
 */
function watchEvents(call: TrackedCall, stream: unknown): void {
  const before = ([name, event]: unknown[]): void => {
    if (name === "chunk" || name === "event" || name === "streamEvent") call.read(event);
    else if (name === "error" || name === "abort") call.fail(event);
    else if (name === "end") {
      const all = attempt(() => (stream as { allChatCompletions(): unknown[] }).allChatCompletions());
      // With tools, one after another.
      if (all?.[1]) call.read({ steps: all });
      call.end();
    }
  };
  hear(stream, "_emit", ignore, before);
}
