import { quotedText } from "./quoted-text.js";
import { environmentName, fileKeys, keyOf, type Setting, switchFrom } from "./setting.js";
import type { FileEntry, SettingsFile } from "./settings-file.js";

/** What the command line said: each flag's name without dashes, and its texts; `false` for one that was negated. */
export type Flags = Readonly<Record<string, string | readonly string[] | false | undefined>>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value as the user gave it, and under which name. */
export interface GivenValue {
  readonly text: string;
  /** `--socket`, `KISSBOT_MONITOR_SOCKET`, or `config.yaml:3:5 monitoring.socket_path`. */
  readonly name: string;
}

const off = "off";

/** Where each setting's value comes from: a flag goes before the environment, and that before the file. */
export class GivenValues {
  readonly problems: string[] = [];
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

  #flag({ flag, offFlag }: Setting<unknown>): GivenValue | undefined {
    const value = this.#flags[flag];
    if (value === undefined) return undefined;
    if (value === false) return { text: off, name: `--${offFlag ?? flag}` };
    return { text: typeof value === "string" ? value : value.join(","), name: `--${flag}` };
  }

  /** A variable that is set but empty counts as not set: that is how service files and containers unset one. */
  #variable({ flag, offFlag }: Setting<unknown>): GivenValue | undefined {
    const offText = offFlag === undefined ? "" : (this.#environment[environmentName(offFlag)] ?? "");
    const offName = environmentName(offFlag ?? flag);
    if (offText !== "" && this.#switch(offText, offName) !== false) return { text: off, name: offName };
    const text = this.#environment[environmentName(flag)] ?? "";
    return text === "" ? undefined : { text, name: environmentName(flag) };
  }

  #key(setting: Setting<unknown>): GivenValue | undefined {
    const { offFlag } = setting;
    const offEntry = offFlag === undefined ? undefined : this.#file?.entries.get(keyOf(offFlag));
    if (offEntry !== undefined && this.#switch(offEntry.texts.join(","), offEntry.place) !== false) {
      return { text: off, name: offEntry.place };
    }
    const entries = fileKeys(setting)
      .map((key) => this.#file?.entries.get(key))
      .filter((entry): entry is FileEntry => entry !== undefined);
    const [first, second] = entries;
    if (first === undefined) return undefined;
    if (second !== undefined) this.problems.push(`${second.place}: ${first.place} sets the same`);
    if (first.texts.length > 1 && setting.repeatable === undefined) {
      this.problems.push(`${first.place}: expected one value, got a list of ${first.texts.length}`);
      return undefined;
    }
    return { text: first.texts.join(","), name: first.place };
  }

  #switch(text: string, name: string): boolean | undefined {
    const value = switchFrom(text);
    if (value === undefined) this.problems.push(`${name}: expected true or false, got ${quotedText(text)}`);
    return value;
  }
}
