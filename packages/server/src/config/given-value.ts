import { quotedText } from "../quoted-text.js";
import { readSecretFile } from "./secret-file.js";
import { environmentName, fileFlagOf, fileKeys, keyOf, type Setting, switchFrom } from "./setting.js";
import type { FileEntry, SettingsFile } from "./settings-file.js";

/**
 * What the command line said: each flag's name without dashes, and its texts; `false` for one that
 * was negated.
 */
export type Flags = Readonly<Record<string, string | readonly string[] | false | undefined>>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a value comes from. */
export interface Origin {
  readonly kind: "flag" | "variable" | "file" | "state_file" | "default";
  /**
   * `--socket`, `KISSBOT_MONITOR_SOCKET`, `config.yaml:3:5 monitoring.socket_path`, the path of the
   * state file, or `default`.
   */
  readonly name: string;
}

/** A value as the user gave it, and where. */
export interface GivenValue extends Origin {
  readonly text: string;
  /** The path of the file that holds it, where it is a secret in a file of its own. */
  readonly secretFile?: string;
}

const off = "off";

/**
 * Where each setting's value comes from: a flag goes before the environment, and that before the
 * file.
 */
export class GivenValues {
  readonly problems: string[] = [];
  /** What is no fault, but may not be what was meant. */
  readonly notices: string[] = [];
  readonly #flags: Flags;
  readonly #environment: Environment;
  readonly #file: SettingsFile | null;

  constructor(flags: Flags, environment: Environment, file: SettingsFile | null) {
    this.#flags = flags;
    this.#environment = environment;
    this.#file = file;
  }

  /** Undefined where nobody gave one. Faults of the way in which it was given go to `problems`. */
  of(setting: Setting<unknown>): GivenValue | undefined {
    return this.#flag(setting) ?? this.#variable(setting) ?? this.#key(setting);
  }

  /** A switch of the file alone. */
  fileSwitch(key: string): boolean | undefined {
    const entry = this.#file?.entries.get(key);
    return entry === undefined ? undefined : this.#switch(entry.texts.join(","), entry.place);
  }

  #flag(setting: Setting<unknown>): GivenValue | undefined {
    const { flag, offFlag, secret } = setting;
    const value = this.#flags[flag];
    const path = secret ? this.#flags[fileFlagOf(flag)] : undefined;
    const given: GivenValue | undefined =
      value === undefined
        ? undefined
        : value === false
          ? { kind: "flag", text: off, name: `--${offFlag ?? flag}` }
          : { kind: "flag", text: typeof value === "string" ? value : value.join(","), name: `--${flag}` };
    if (typeof path !== "string") return given;
    return this.#either(given, { kind: "flag", text: path, name: `--${fileFlagOf(flag)}` });
  }

  /**
   * A variable that is set but empty counts as not set: that is how service files and containers
   * unset one.
   */
  #variable({ flag, offFlag, secret }: Setting<unknown>): GivenValue | undefined {
    const offText = offFlag === undefined ? "" : (this.#environment[environmentName(offFlag)] ?? "");
    const offName = environmentName(offFlag ?? flag);
    if (offText !== "" && this.#switch(offText, offName) !== false) {
      return { kind: "variable", text: off, name: offName };
    }
    const text = this.#environment[environmentName(flag)] ?? "";
    const given: GivenValue | undefined =
      text === "" ? undefined : { kind: "variable", text, name: environmentName(flag) };
    const fileName = environmentName(fileFlagOf(flag));
    const path = secret ? (this.#environment[fileName] ?? "") : "";
    return path === "" ? given : this.#either(given, { kind: "variable", text: path, name: fileName });
  }

  #key(setting: Setting<unknown>): GivenValue | undefined {
    const { offFlag, secret } = setting;
    const offEntry = offFlag === undefined ? undefined : this.#file?.entries.get(keyOf(offFlag));
    if (offEntry !== undefined && this.#switch(offEntry.texts.join(","), offEntry.place) !== false) {
      return { kind: "file", text: off, name: offEntry.place };
    }
    const given = this.#entryOf(setting, fileKeys(setting));
    if (!secret) return given;
    const path = this.#entryOf(
      setting,
      fileKeys(setting).map((key) => fileFlagOf(key, "_")),
    );
    if (path === undefined) {
      if (given !== undefined && this.#file?.readers === "everybody") {
        this.notices.push(`${given.name}: every user of this machine may read this file: chmod o= it`);
      }
      return given;
    }
    return this.#either(given, path);
  }

  #entryOf(setting: Setting<unknown>, keys: readonly string[]): GivenValue | undefined {
    const entries = keys
      .map((key) => this.#file?.entries.get(key))
      .filter((entry): entry is FileEntry => entry !== undefined);
    const [first, second] = entries;
    if (first === undefined) return undefined;
    if (second !== undefined) this.problems.push(`${second.place}: ${first.place} sets the same`);
    if (first.isList && setting.repeatable === undefined) {
      this.problems.push(`${first.place}: expected one value, got a list of ${first.texts.length}`);
      return undefined;
    }
    return { kind: "file", text: first.texts.join(","), name: first.place };
  }

  /** A secret, or the file that holds it. */
  #either(given: GivenValue | undefined, path: GivenValue): GivenValue | undefined {
    if (given !== undefined) {
      this.problems.push(`${path.name}: ${given.name} sets the same`);
      return given;
    }
    const { text, problem, notice } = readSecretFile(path.text);
    if (notice !== undefined) this.notices.push(`${path.name}: ${notice}`);
    if (problem === undefined) {
      return { ...path, text, secretFile: path.text, name: `${path.name} (${quotedText(path.text)})` };
    }
    this.problems.push(`${path.name}: ${problem}`);
    return undefined;
  }

  #switch(text: string, name: string): boolean | undefined {
    const value = switchFrom(text);
    if (value === undefined) this.problems.push(`${name}: expected true or false, got ${quotedText(text)}`);
    return value;
  }
}
