import { copyOf, NativePromise, outside } from "./runtime.js";
import { emitWarning } from "./warning.js";

/**
 * What a warning is about, for programs: `process.on("warning", ({ code }) => ...)`. Documented,
 * and never changed.
 */
export type ComplaintCode =
  | "KISSBOT_INVALID_ARGUMENT"
  | "KISSBOT_UNKNOWN_OPTION"
  | "KISSBOT_SUSPECT_UNIT"
  | "KISSBOT_SETTING";

/**
 * What a hint is made from: an unknown key and the right ones, a socket path, a time in another
 * unit, or refused features.
 */
export interface About {
  readonly key?: string;
  readonly known?: readonly string[];
  readonly path?: string | undefined;
  readonly got?: number;
  /** What to multiply it with. */
  readonly factor?: number;
  readonly features?: unknown;
}

/** Tells of a mistake, once for each `kind`. The sentence is the kind, unless another is given. */
export type Complain = (code: ComplaintCode, kind: string, about?: About, sentence?: string) => void;

/**
 * Whether it is the first of its kind. At most 100 kinds are: a mistake that is new at each call
 * fills no disk.
 */
export function isFirst(kinds: Set<string>, kind: string): boolean {
  return kinds.size < 100 && !kinds.has(kind) && kinds.add(copyOf(kind)) !== undefined;
}

const warned = new Set<string>();

/**
 * `process.emitWarning`, once for each kind in a process, later than the call that it is about.
 * Never throws.
 */
export const warn: Complain = (code, kind, about, sentence = kind) => {
  if (!isFirst(warned, kind)) return;
  try {
    // Its stack is the caller's, which `--trace-warnings` shows.
    const origin = new Error(sentence);
    // Bundlers make a function of `import` that may throw.
    // Outside of the bot's request: the first warning opens `process.stderr`, which lives on.
    outside(() =>
      NativePromise.resolve()
        .then(() => import("./hint.js"))
        .then(({ warnOf }) => warnOf(emitWarning, origin, code, about))
        // A bundle without that file, or a file system that is mocked: the sentence does without a
        // hint.
        .catch(() => emitWarning(origin.message, "KissbotWarning", code))
        .catch(() => {}),
    );
  } catch {
    // `Error.prepareStackTrace` is the bot's, and may throw.
  }
};

let speaker = "";

/** The function that the author called, if it is not the client's method `name`. */
export function callerOr(name: string): string {
  return speaker || name;
}

/** Makes a call of the client in the name of another function: complaints name that. */
export function speakAs<T>(name: string, call: () => T): T {
  const outer = speaker;
  speaker = name;
  try {
    return call();
  } finally {
    speaker = outer;
  }
}
