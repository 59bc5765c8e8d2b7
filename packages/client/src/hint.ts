import { homedir } from "node:os";
import { resolve } from "node:path";
import type { About, ComplaintCode } from "./complaint.js";
import type { emitWarning } from "./warning.js";

/*
 * Loaded when there is a mistake to tell, and never before: what helps an author costs a bot
 * without mistakes nothing.
 */

/** Warns, with what the author probably meant. May throw. */
export async function warnOf(
  emit: typeof emitWarning,
  origin: Error,
  code: ComplaintCode,
  about: About = {},
): Promise<void> {
  const name = "KissbotWarning";
  const hint = hintOf(about);
  const message = hint === "" ? origin.message : `${origin.message}; ${hint}`;
  try {
    const warning = Object.assign(new Error(message), { name, code });
    // V8 writes the head of a stack when it takes it.
    const stack = origin.stack?.replace(`Error: ${origin.message}`, () => `${name}: ${message}`);
    if (stack !== undefined) warning.stack = stack;
    // A mock may return a promise that rejects.
    await emit(warning, name, code);
  } catch {
    // To Node, an error of another realm, as in jest, is none.
    await emit(message, name, code);
  }
}

/** The hint, or nothing. */
export function hintOf({ key, known, path, got, factor, features }: About): string {
  if (key !== undefined && known !== undefined) return hintOfKey(key, known);
  if (path !== undefined) return hintOfPath(path);
  if (got !== undefined && factor !== undefined) {
    return `got ${got}; ${got} ${factor > 1 ? "s" : "ms"} would be ${+(got * factor).toPrecision(12)}`;
  }
  return hintOfFeatures(features);
}

function hintOfKey(key: string, known: readonly string[]): string {
  const near = known.length === 1 ? known : nearestTo(key, known);
  return near.length > 0 ? `did you mean ${near.join(" or ")}?` : `the known ones are ${known.join(", ")}`;
}

/** Words of other libraries, each with our word. */
const synonyms: Readonly<Record<string, string>> = {
  completion: "out",
  creation: "write",
  deadline: "timeout",
  dollars: "cost",
  duration: "latency",
  elapsed: "latency",
  engine: "model",
  file: "path",
  every: "interval",
  input: "in",
  memory: "rss",
  output: "out",
  period: "interval",
  price: "cost",
  prompt: "in",
  ram: "rss",
  vendor: "provider",
};

/**
 * The valid keys that share the most words with the given one; else those that differ by a typing
 * error.
 */
export function nearestTo(key: string, known: readonly string[]): string[] {
  const words = wordsOf(key.slice(0, 60));
  const best = bestOf(known, (right) => {
    const wanted = wordsOf(right);
    const shared = wanted.filter((word) => words.some((given) => isAlike(given, word)));
    return (2 * shared.length) / (words.length + wanted.length);
  });
  if (best.length > 0) return best;
  return bestOf(known, (right) => {
    const distance = distanceOf(key.slice(0, 60).toLowerCase(), right.toLowerCase());
    return distance <= Math.max(2, right.length / 3) ? 1 / (1 + distance) : 0;
  });
}

/** Those with the highest mark above 0. */
function bestOf(known: readonly string[], mark: (right: string) => number): string[] {
  const most = Math.max(...known.map(mark));
  return most > 0 ? known.filter((right) => mark(right) === most) : [];
}

/**
 * `cache_read_inputTokens` as `cache`, `read`, `tokens`: tokens that came from a cache are no `in`.
 */
function wordsOf(key: string): string[] {
  const words = (key.match(/[A-Z]?[a-z]+|[A-Z]+/g) ?? []).map((word) => {
    const lower = word.toLowerCase();
    return Object.hasOwn(synonyms, lower) ? (synonyms[lower] as string) : lower;
  });
  return words.some((word) => word.startsWith("cache")) ? words.filter((word) => word !== "in") : words;
}

function isAlike(a: string, b: string): boolean {
  return a === b || (Math.min(a.length, b.length) > 2 && (a.startsWith(b) || b.startsWith(a)));
}

/**
 * How many characters have to be changed, added or taken away to make one of the other
 * (Levenshtein).
 */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** What to write in the place of a path that is none. */
function hintOfPath(path: string): string {
  // Too long: that is said.
  if (path.length > 100) return "";
  const bare = path.trim().replace(/^(["'])(.*)\1$/s, "$2");
  if (bare.startsWith("@")) return "abstract sockets are not supported, write the path of a file";
  const port = "the monitor listens at the path of a file, not at a port";
  if (/^[a-z+]+:\/\/(?!\/|localhost\/)/i.test(bare)) return port;
  const plain = bare
    .replace(/^[a-z][a-z+]+:(\/\/(localhost)?(?=\/))?(?=[/~.])/i, "")
    .replace(/^~(?=\/)/, homedir())
    .replace(/(?<=.)\/+$/s, "");
  return /^[\w.-]*:/.test(plain) || plain === "" ? port : `write ${resolve(plain)}`;
}

/** What to write in the place of features that are no plain object. */
function hintOfFeatures(given: unknown): string {
  if (typeof given !== "object" || given === null) return "";
  if (typeof (given as { then?: unknown }).then === "function") return "it is a promise, await it first";
  if (given instanceof Map) return "write Object.fromEntries(features)";
  return Object.getPrototypeOf(given) === Object.prototype
    ? ""
    : "write an object literal such as { chat: true }";
}
