import { parseArgs } from "node:util";
import { manifest } from "./fixture.js";
import type { Level } from "./result.js";
import { newestProtocol } from "./run.js";
import { UsageError } from "./usage.js";

const options = {
  level: { type: "string", default: "must" },
  only: { type: "string", multiple: true, default: [] as string[] },
  skip: { type: "string", multiple: true, default: [] as string[] },
  protocol: { type: "string", default: newestProtocol },
  suite: { type: "string", default: manifest.suite_version },
  "known-failures": { type: "string" },
  "update-known-failures": { type: "boolean", default: false },
  strict: { type: "boolean", default: false },
  timeout: { type: "string", default: "5" },
  lanes: { type: "string", default: "3" },
  long: { type: "boolean", default: false },
  report: { type: "string", multiple: true, default: [] as string[] },
  json: { type: "boolean", default: false },
  trace: { type: "string" },
  mode: { type: "string" },
  socket: { type: "string" },
  bytes: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", default: false },
} as const;

export interface Arguments {
  /** The sub-command. */
  readonly name: string | undefined;
  /** What stands behind it, before `--`. */
  readonly operands: readonly string[];
  /** What stands behind `--`. */
  readonly command: readonly string[];
  readonly values: ReturnType<typeof parsed>["values"];
}

const parsed = (args: string[]) => parseArgs({ args, options, allowPositionals: true });

/** Throws a UsageError. */
export function readArguments(argv: readonly string[]): Arguments {
  const dash = argv.indexOf("--");
  const own = dash < 0 ? [...argv] : argv.slice(0, dash);
  let result: ReturnType<typeof parsed>;
  try {
    result = parsed(own);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const [name, ...operands] = result.positionals;
  return { name, operands, command: dash < 0 ? [] : argv.slice(dash + 1), values: result.values };
}

/** The number that an option says. */
export function numberOf(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < least)
    throw new UsageError(`--${name} ${text}: a number of at least ${least} is expected`);
  return value;
}

export function levelOf(text: string): Level {
  if (text !== "must" && text !== "should" && text !== "may")
    throw new UsageError(`--level ${text}: must, should or may is expected`);
  return text;
}

export function versionOf(name: string, text: string, shape: RegExp): string {
  if (!shape.test(text)) throw new UsageError(`--${name} ${text}: a version is expected`);
  return text;
}

/** The reports that were asked for: the kind and the file of each. */
export function reportsOf(texts: readonly string[]): { kind: "json" | "junit"; file: string }[] {
  return texts.map((text) => {
    const [kind, ...rest] = text.split("=");
    const file = rest.join("=");
    if ((kind !== "json" && kind !== "junit") || file === "")
      throw new UsageError(`--report ${text}: json=FILE or junit=FILE is expected`);
    return { kind, file };
  });
}
