import { isLike } from "../pattern.js";
import { channelPattern } from "./alert-rule-shape.js";
import { mapping } from "./mapping.js";
import { listOf, made, oneOf, recordOf, type Shape, scalar, textOf } from "./shape.js";

/** What the operator says of some bots: one entry of the section `bots:`. */
export interface BotWords {
  /** Patterns of channels, in which `*` stands for any text. */
  readonly match: readonly string[];
  readonly note: string | null;
  /** An http or https address, as it was written. */
  readonly runbook: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Its absence is grave, also where it was never heard of. */
  readonly expectAlways: boolean;
}

/** All that is said of one bot. */
export type WordsOnBot = Omit<BotWords, "match">;

const mostNote = 512;
const mostRunbook = 2_048;

const runbook = scalar({
  expected: "an address such as https://wiki.example.org/bots, with http or https",
  schema: { type: "string", pattern: "^\\s*[Hh][Tt][Tt][Pp][Ss]?://[^\\s]+\\s*$" },
  from: runbookFrom,
});

const label = textOf("^[^\\x00-\\x1f\\x7f-\\x9f]{1,128}$", "a text of 1 to 128 characters on one line");

/** The section `bots:`. */
export const botWordsShape: Shape<readonly BotWords[]> = listOf(
  made(
    mapping({
      match: { shape: listOf(channelPattern), help: "The bots that it is said of.", required: true },
      note: {
        shape: textOf(
          `^[^\\x00-\\x1f\\x7f-\\x9f]{1,${mostNote}}$`,
          `a text of 1 to ${mostNote} characters on one line`,
        ),
        help: "What people should know of them. Shown with the bot and in notices.",
      },
      runbook: { shape: runbook, help: "The page that says what to do when they are down." },
      labels: {
        shape: recordOf(label, {
          pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,62}$",
          expected: "a name of letters, digits, _ . and -",
        }),
        help: "Names and values by which bots are chosen, in lists and by receivers of alerts.",
      },
      expect: { shape: oneOf(["always"]), help: "That they are always there: their absence is critical." },
    }),
    (
      { match, note = null, runbook: address = null, labels = new Map(), expect },
      fault,
    ): BotWords | undefined => {
      if (note === null && address === null && labels.size === 0 && expect === undefined)
        return fault("expected one of the keys note, runbook, labels, expect; there is none");
      return {
        match,
        note,
        runbook: address,
        labels: Object.fromEntries(labels),
        expectAlways: expect === "always",
      };
    },
  ),
);

/** Undefined for what nobody should be led to by a click. */
function runbookFrom(text: string): string | undefined {
  const address = text.trim();
  if (address.length > mostRunbook || /[\s\p{C}]/u.test(address)) return undefined;
  try {
    const { protocol, username, password } = new URL(address);
    const isOfWeb = /^https?:\/\//i.test(address) && (protocol === "http:" || protocol === "https:");
    return isOfWeb && username === "" && password === "" ? address : undefined;
  } catch {
    // No address at all.
    return undefined;
  }
}

/** So many answers are kept: more channels than a fleet has at a time. */
const mostKept = 20_000;

/**
 * The operator's words, by bot. Several entries may match: of note and runbook the first that has
 * one counts, labels are put together with the first of each name, and `expect` counts where any
 * says it.
 */
export class BotWordBook {
  #entries: readonly BotWords[];
  readonly #known = new Map<string, WordsOnBot | null>();

  constructor(entries: readonly BotWords[]) {
    this.#entries = entries;
  }

  /** These are the operator's words from now on. */
  replace(entries: readonly BotWords[]): void {
    this.#entries = entries;
    this.#known.clear();
  }

  /** The channels that entries with `expect: always` name in full. */
  get expectedChannels(): readonly string[] {
    const named = this.#entries.flatMap(({ match, expectAlways }) => (expectAlways ? match : []));
    return [...new Set(named.filter((channel) => !channel.includes("*")))];
  }

  /** Null where nothing is said of it. */
  wordsOn(channel: string): WordsOnBot | null {
    if (this.#entries.length === 0) return null;
    const known = this.#known.get(channel);
    if (known !== undefined) return known;
    const words = this.#gathered(channel);
    if (this.#known.size >= mostKept) this.#known.clear();
    this.#known.set(channel, words);
    return words;
  }

  #gathered(channel: string): WordsOnBot | null {
    const found = this.#entries.filter(({ match }) => match.some((pattern) => isLike(channel, pattern)));
    if (found.length === 0) return null;
    const labels = Object.assign({}, ...found.map((entry) => entry.labels).reverse()) as Record<
      string,
      string
    >;
    return {
      note: found.find(({ note }) => note !== null)?.note ?? null,
      runbook: found.find(({ runbook: address }) => address !== null)?.runbook ?? null,
      labels,
      expectAlways: found.some(({ expectAlways }) => expectAlways),
    };
  }
}
