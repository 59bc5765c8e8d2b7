import { quotedText } from "../quoted-text.js";
import type { Environment } from "./given-value.js";
import { Secret } from "./secret.js";
import { readSecretFile } from "./secret-file.js";
import type { SettingTree } from "./setting-tree.js";

/** One value that a subtree of the config file sets, as `config show` prints it. */
export interface ShownLeaf {
  /** The path below `monitoring:`. */
  readonly path: string;
  /** As it is written; `***` for a secret. */
  readonly text: string;
  /** `config.yaml:3:5 monitoring.alerts.group_wait` */
  readonly place: string;
}

export interface ReadingOptions {
  readonly environment: Environment;
  /**
   * What to make of a secret whose variable or file is not there: a problem, or a notice where only
   * the file is looked at; or whether to look for none, as commands do that send nothing.
   */
  readonly secrets: "needed" | "noticed" | "unread";
}

export interface SecretTerms {
  readonly expected: string;
  isSound(text: string): boolean;
}

/** Gathers what is wrong in a part of the config file, what may not be meant, and what it sets. */
export class TreeReading {
  readonly problems: string[];
  readonly notices: string[];
  readonly leaves: ShownLeaf[] = [];
  /** Where secrets stand in the file itself. */
  readonly inlineSecrets: string[] = [];
  readonly #options: ReadingOptions;

  constructor(options: ReadingOptions, told: Pick<TreeReading, "problems" | "notices"> = noneYet()) {
    this.#options = options;
    this.problems = told.problems;
    this.notices = told.notices;
  }

  /** Undefined, for the shape to answer with. */
  fault({ place }: SettingTree, path: string, sentence: string): undefined {
    this.problems.push(`${place} ${path}: ${sentence}`);
  }

  /** A fault that only the settings outside of the file show, at a value that was read before. */
  lateFault(path: string, sentence: string): void {
    if (!this.isForServing) return;
    const leaf = this.leaves.find((one) => one.path === path);
    this.problems.push(`${leaf?.place ?? path}: ${sentence}`);
  }

  /** Whether more is asked than what a command needs that only talks to a monitor. */
  get isForServing(): boolean {
    return this.#options.secrets !== "unread";
  }

  /** The same for what a flag or a variable says: its values are no leaves of the file. */
  withoutLeaves(): TreeReading {
    return new TreeReading(this.#options, this);
  }

  leaf({ place }: SettingTree, path: string, text: string): void {
    this.leaves.push({ path: path.replace(/^monitoring\./, ""), text, place: `${place} ${path}` });
  }

  secretOfText(tree: SettingTree & { kind: "text" }, path: string, terms: SecretTerms): Secret | undefined {
    this.leaf(tree, path, "***");
    this.inlineSecrets.push(`${tree.place} ${path}`);
    if (!terms.isSound(tree.text)) return this.fault(tree, path, `expected ${terms.expected}`);
    return Secret.ofValue(tree.text);
  }

  secretOfVariable(
    tree: SettingTree & { kind: "text" },
    path: string,
    terms: SecretTerms,
  ): Secret | undefined {
    this.leaf(tree, path, tree.text);
    const text = this.#options.environment[tree.text] ?? "";
    const why = `the variable ${quotedText(tree.text)} is not set`;
    if (this.isForServing) {
      if (text === "") this.#absent(tree, path, why);
      else if (!terms.isSound(text)) {
        this.fault(tree, path, `expected ${terms.expected} in the variable ${quotedText(tree.text)}`);
      }
    }
    return text === "" ? Secret.absent(why) : Secret.ofValue(text);
  }

  secretOfFile(tree: SettingTree & { kind: "text" }, path: string, terms: SecretTerms): Secret | undefined {
    this.leaf(tree, path, tree.text);
    let seen: string | undefined;
    if (this.isForServing) {
      const { text, problem, notice } = readSecretFile(tree.text);
      seen = text;
      if (notice !== undefined) this.notices.push(`${tree.place} ${path}: ${notice}`);
      if (problem !== undefined) this.#absent(tree, path, problem);
      else if (!terms.isSound(text)) {
        this.fault(tree, path, `expected ${terms.expected} in the file ${quotedText(tree.text)}`);
      }
    }
    return Secret.ofFile(tree.text, seen);
  }

  #absent(tree: SettingTree, path: string, sentence: string): void {
    if (this.#options.secrets === "needed") this.fault(tree, path, sentence);
    else this.notices.push(`${tree.place} ${path}: ${sentence}`);
  }
}

function noneYet(): Pick<TreeReading, "problems" | "notices"> {
  return { problems: [], notices: [] };
}
