import { type LlmReporter, type TrackLlmOptions, trackedCall } from "./tracked-call.js";
import { attempt } from "./value.js";
import { watchResult } from "./watch.js";

/**
 * Makes a call of a language model and reports it to the monitor: tokens, latency, and the price if
 * the provider returns it; for a failed call, the kind of failure. Returns the very object that the
 * call returns, and throws what it throws. A stream is watched while the bot reads it, and reported
 * at its end, as `cancelled` if the bot stops early. An answer whose usage is unknown is not
 * reported: a warning says once what to do. Nothing of what the model was asked or answered leaves
 * the process.
 */
export function trackLlm<T>(client: LlmReporter, options: TrackLlmOptions, call: () => T): T {
  const tracked = trackedCall(client, options);
  let result: T;
  try {
    result = call();
  } catch (error) {
    tracked.fail(error);
    throw error;
  }
  attempt(() => watchResult(tracked, result));
  return result;
}
