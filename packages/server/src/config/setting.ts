import type { ValueSchema } from "./value-schema.js";

/** What a value may depend on beside its text. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly workingDirectory: string;
  readonly hostName: string;
}

/**
 * One thing that can be set. Its flag, its variable, its key, its help and its check all follow
 * from this.
 */
export interface Setting<Value> {
  /** The flag without its dashes: `stale-timeout`. */
  readonly flag: string;
  /** The flag's argument as help shows it: `<duration>`. */
  readonly argument: string;
  /** Under which heading help shows it. */
  readonly group: string;
  readonly help: string;
  /** Completes "expected …". */
  readonly expected: string;
  readonly fallback: (surroundings: Surroundings) => Value;
  /** The default for people. */
  readonly fallbackText: string;
  /** The value of a text, from wherever it came; undefined where it is wrong. */
  readonly read: (text: string, surroundings: Surroundings) => Value | undefined;
  /**
   * The text of a value that `read` gives back. `String` if not given; where the value is null and
   * `read` has no text for it, `none`.
   */
  show?(value: Value): string;
  /** What may stand in a YAML file: never narrower than `read`. Any value, if not given. */
  readonly schema?: ValueSchema;
  /** A value for the example file, where the default is none that could be written there. */
  readonly example?: string;
  /**
   * The key of the Python monitor's config file, where it had another than the flag's own name,
   * which works as well.
   */
  readonly oldKey?: string;
  /** Section and key where it may also stand in a section of its own: `http.token`. */
  readonly nestedKey?: `${string}.${string}`;
  /** A flag without an argument that means the text `off`: `no-http`. */
  readonly offFlag?: string;
  /** What that flag means, where "off" does not say it. */
  readonly offHelp?: string;
  /**
   * May be given several times, or as a list with commas; `read` then gets the texts joined with
   * commas.
   */
  readonly repeatable?: true;
  /**
   * Its value is never shown but for what `show` makes of it, and a file may hold it: flag,
   * variable and key of that file end in `-file`.
   */
  readonly secret?: true;
}

export function environmentName(flag: string): string {
  return `KISSBOT_MONITOR_${flag.toUpperCase().replaceAll("-", "_")}`;
}

/** The flag, or with `_` the key, that names the file with a secret. */
export function fileFlagOf(flag: string, separator: "-" | "_" = "-"): string {
  return `${flag}${separator}file`;
}

/**
 * The keys under `monitoring:` that set it, the one to write first. A point leads into a section.
 */
export function fileKeys({
  flag,
  oldKey,
  nestedKey,
}: Pick<Setting<unknown>, "flag" | "oldKey" | "nestedKey">): readonly string[] {
  return [oldKey, keyOf(flag), nestedKey].filter((key) => key !== undefined);
}

export function keyOf(flag: string): string {
  return flag.replaceAll("-", "_");
}

/**
 * `yes` and `no` as every YAML that a Python monitor read understood them, and the 1 and 0 of
 * variables; undefined for anything else.
 */
export function switchFrom(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (["true", "yes", "on", "1"].includes(word)) return true;
  if (["false", "no", "off", "0"].includes(word)) return false;
  return undefined;
}
