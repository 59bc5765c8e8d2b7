/** What a value may depend on beside its text. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly workingDirectory: string;
  readonly hostName: string;
}

/** One thing that can be set. Its flag, its variable, its key, its help and its check all follow from this. */
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
  /** The key of the Python monitor's config file, where it had another than the flag's own name, which works as well. */
  readonly oldKey?: string;
  /** A flag without an argument that means the text `off`: `no-http`. */
  readonly offFlag?: string;
  /** May be given several times, or as a list with commas; `read` then gets the texts joined with commas. */
  readonly repeatable?: true;
  /** Its value is never shown. */
  readonly secret?: true;
}

export function environmentName(flag: string): string {
  return `KISSBOT_MONITOR_${flag.toUpperCase().replaceAll("-", "_")}`;
}

/** The keys under `monitoring:` that set it, the one to write first. */
export function fileKeys({ flag, oldKey }: Pick<Setting<unknown>, "flag" | "oldKey">): readonly string[] {
  const own = keyOf(flag);
  return oldKey === undefined ? [own] : [oldKey, own];
}

export function keyOf(flag: string): string {
  return flag.replaceAll("-", "_");
}

/** `yes` and `no` as every YAML that a Python monitor read understood them, and the 1 and 0 of variables; undefined for anything else. */
export function switchFrom(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (["true", "yes", "on", "1"].includes(word)) return true;
  if (["false", "no", "off", "0"].includes(word)) return false;
  return undefined;
}
