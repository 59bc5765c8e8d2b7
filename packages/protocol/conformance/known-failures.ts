import { matchesComponents } from "./glob.js";
import type { Result } from "./result.js";

/*
 * The list of a port's known failures, as protobuf keeps its own: `case-id` or `scenario:rule` on
 * each line, perhaps `# beginning of the message`. `*` stands for one whole component. The list is
 * strict: what it names must fail, and as it says.
 */

/** The most cases that a pattern may match; one that matches more says nothing. */
const mostMatches = 20;

interface Entry {
  readonly pattern: string;
  readonly message: string;
  readonly line: number;
}

export interface Comparison {
  /** The results, with those marked that failed as listed. */
  readonly results: readonly Result[];
  /** Why the list is wrong, each a sentence with its line. */
  readonly complaints: readonly string[];
}

export class KnownFailures {
  readonly #entries: readonly Entry[];
  readonly #lines: readonly string[];

  constructor(text: string) {
    this.#lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
    this.#entries = this.#lines.flatMap((written, i) => {
      const [pattern = "", ...message] = written.split("#");
      if (pattern.trim() === "") return [];
      return [{ pattern: pattern.trim(), message: message.join("#").trim(), line: i + 1 }];
    });
  }

  /** `isPart`: not all cases were run, so one that is missing is no fault of the list. */
  compare(results: readonly Result[], { isPart = false }: { isPart?: boolean } = {}): Comparison {
    const complaints: string[] = [];
    const known = new Map<Result, Entry>();
    for (const entry of this.#entries) {
      const own = results.filter(({ id }) => matchesComponents(entry.pattern, id));
      const at = `known failure in line ${entry.line}, ${entry.pattern}:`;
      if (own.length === 0 && !isPart) complaints.push(`${at} no such case was run`);
      if (own.length > mostMatches)
        complaints.push(`${at} matches ${own.length} cases; at most ${mostMatches} may be meant`);
      for (const result of own) {
        if (result.outcome !== "fail")
          complaints.push(`${at} ${result.id} did not fail but was: ${result.outcome}`);
        else if (!oneLine(result.detail).startsWith(entry.message))
          complaints.push(`${at} ${result.id} fails otherwise: ${oneLine(result.detail)}`);
        else known.set(result, entry);
      }
    }
    return {
      results: results.map((result) => (known.has(result) ? { ...result, isKnown: true } : result)),
      complaints,
    };
  }

  /**
   * The list that fits these results: comments and what still holds stay, the rest is rewritten.
   */
  updated(results: readonly Result[]): string {
    const failed = results.filter(({ outcome }) => outcome === "fail");
    const listed = new Set<Result>();
    const lines = this.#lines.filter((_, i) => {
      const entry = this.#entries.find(({ line }) => line === i + 1);
      if (entry === undefined) return true;
      const own = results.filter(({ id }) => matchesComponents(entry.pattern, id));
      const holds =
        own.length > 0 &&
        own.length <= mostMatches &&
        own.every(({ outcome, detail }) => outcome === "fail" && oneLine(detail).startsWith(entry.message));
      if (holds) for (const result of own) listed.add(result);
      return holds;
    });
    // Figures differ from run to run: the message is written up to the first of them.
    const added = failed
      .filter((result) => !listed.has(result))
      .map(({ id, detail }) => `${id} # ${stem(oneLine(detail))}`.trimEnd());
    return [...lines, ...added].map((line) => `${line}\n`).join("");
  }
}

const oneLine = (text: string): string => text.split("\n")[0] ?? "";
const stem = (text: string): string =>
  text
    .slice(0, 60)
    .replace(/\s*\d.*$/, "")
    .trim();
