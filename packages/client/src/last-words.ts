import { textOf } from "./errno.js";
import { lineOf } from "./trouble.js";

/** The error that ends a process. */
export interface LastError {
  /**
   * Its class, its code, and the file and line that it comes from: `Error ECONNREFUSED at
   * bot.js:12`. Nothing of its message.
   */
  readonly kind: string;
  /** As one line; empty if there is none. */
  readonly message: string;
}

/** Why a process ends that says no goodbye. */
export interface LastWords {
  readonly exitCode: number;
  /** The uncaught exception, if there was one. */
  readonly error: LastError | undefined;
}

/** What an option allows to be said: nothing, all but the message, or all. */
export type LastWordsOption = boolean | "message" | undefined;

/** The words, as a line can carry them: `exit 1: TokenInvalid at bot.js:12`. */
export function textOfLastWords({ exitCode, error }: LastWords, option: LastWordsOption): string {
  const words = [`exit ${exitCode}`, error?.kind, option === "message" ? error?.message : ""];
  return lineOf(words.filter(Boolean).join(": "));
}

/** The form of a class name; another text in its place may be a secret. */
const className = /^[\p{L}_$][\p{L}\p{N}_$.]{0,63}$/u;

const errorCode = /^[\w.-]{1,64}$/;

/**
 * Describes a thrown value in words, to keep instead of it. Never throws, whatever was thrown: a
 * string, undefined, an object whose getters throw.
 */
export function describeError(error: unknown): LastError {
  const message = typeof error === "string" ? error : (textOf(error, "message") ?? "");
  const stack = textOf(error, "stack");
  const kind =
    stack === undefined && !isError(error)
      ? `a thrown ${error === null ? "null" : typeof error}`
      : `${nameOf(error)}${placeOf(stack ?? "", message)}`;
  return { kind: lineOf(kind), message: lineOf(message) };
}

function isError(error: unknown): boolean {
  try {
    return error instanceof Error;
  } catch {
    return false;
  }
}

/** The class and the code. A class that does not name its errors is known by its own name. */
function nameOf(error: unknown): string {
  // `Error [ERR_CODE]` is an old way to show the code.
  const name = textOf(error, "name")?.replace(/ \[.*\]$/, "") ?? "";
  const own = textOf(read(error, "constructor"), "name") ?? "";
  const kind = [name === "Error" ? own : name, own].find((one) => className.test(one)) ?? "Error";
  const code = read(error, "code");
  const text = typeof code === "string" || Number.isInteger(code) ? `${code}` : "";
  return text !== kind && errorCode.test(text) ? `${kind} ${text}` : kind;
}

function read(object: unknown, field: string): unknown {
  try {
    return (object as Record<string, unknown>)[field];
  } catch {
    // It throws when it is looked at, or is nothing.
    return undefined;
  }
}

/** Matches the path and the line number in a line of a stack, after the name of the function. */
const frame = /^\s*at (?:async )?(?:[^(\n]* \()?(.+?):(\d+)(?::\d+)?\)?$/gm;

/**
 * ` at bot.js:12`: the topmost frame outside of Node, or else the topmost of a module such as
 * `node:net`; else empty.
 */
function placeOf(stack: string, message: string): string {
  // A message may have lines that look like frames.
  const begin = stack.indexOf(message);
  const frames = stack.slice(begin < 0 ? 0 : begin + message.length).slice(0, 16_384);
  let inner = "";
  for (const [, path = "", line] of frames.matchAll(frame)) {
    if (/^data:|^node:internal|<anonymous>/.test(path)) continue;
    if (!path.startsWith("node:")) return ` at ${baseOf(path)}:${line}`;
    inner ||= ` at ${path}:${line}`;
  }
  return inner;
}

/** The file's name alone. A URL may have a secret behind it. */
function baseOf(path: string): string {
  const base = path
    .replace(/[?#].*/, "")
    .replace(/.*[/\\]/, "")
    .slice(0, 100);
  try {
    return decodeURIComponent(base);
  } catch {
    return base;
  }
}
