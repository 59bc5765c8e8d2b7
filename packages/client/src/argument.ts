import { isPlainObject } from "@kissbot/protocol";
import { type Complain, callerOr } from "./complaint.js";
import { stringify } from "./runtime.js";

/**
 * Complains of each key that is not known, and of a number in the place of an object: `flush(500)`.
 * Anything else that is no plain object is passed over: methods are handed to emitters and
 * promises, which give them what they have.
 */
export function checkKeys(
  method: string,
  given: unknown,
  known: readonly string[],
  complain: Complain,
): void {
  const caller = callerOr(method);
  // Nobody passes a method with many options as a callback, and a string there is a mistake, too.
  if (typeof given === "number" || (typeof given === "string" && known.length > 2)) {
    complain("KISSBOT_INVALID_ARGUMENT", `${caller}: expected an object with ${known.join(", ")}`);
  }
  try {
    if (!isPlainObject(given)) return;
    for (const key of Object.keys(given)) {
      if (known.includes(key)) continue;
      complain("KISSBOT_UNKNOWN_OPTION", `${caller}: unknown option ${stringify(key.slice(0, 40))}`, {
        key,
        known,
      });
    }
  } catch {
    // A proxy that throws.
  }
}

/**
 * Complains of a time that makes more sense in seconds: a multiple of 15 as an interval of less
 * than a second, 2 to 10 as a timeout, less than 1 as a latency. The value is used all the same:
 * the author may want it.
 */
export function suspectSeconds(method: string, name: string, got: unknown, complain: Complain): void {
  if (typeof got !== "number" || got <= 0) return;
  const isOdd =
    name === "intervalMs"
      ? got < 1_000 && got % 15 === 0
      : name === "timeoutMs"
        ? got > 1 && got <= 10
        : got < 1;
  if (isOdd)
    complain("KISSBOT_SUSPECT_UNIT", `${callerOr(method)}: ${name} is in milliseconds`, {
      got,
      factor: 1_000,
    });
}
