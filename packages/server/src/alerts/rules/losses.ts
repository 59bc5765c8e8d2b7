import { noWords } from "../episode.js";
import type { Moment } from "../moment.js";
import { type Finding, fine, type RuleTerms, type SystemRule } from "../rule.js";

/** What was lost since the monitor's start, and how many lines came. */
export interface LossCounts {
  readonly clientDropped: number;
  readonly shed: number;
  readonly lostRows: number;
  readonly rejectedLines: number;
  readonly lines: number;
}

/** A loss counts as going on for this long. */
const goingOnMs = 120_000;
/** One line of a hundred may be wrong. */
const rejectedShare = 0.01;
/** How often the share of rejected lines is taken. */
const shareMs = 60_000;

/**
 * Rows or messages are lost: in a client, in the queue, at the store, or as lines that cannot be
 * read.
 */
export class Losses implements SystemRule {
  readonly terms: RuleTerms;
  readonly #counts: () => LossCounts;
  #last: LossCounts | null = null;
  #lines: { readonly clockMs: number; readonly counts: LossCounts } | null = null;
  #lostAtMs = Number.NEGATIVE_INFINITY;
  #sinceMs = 0;
  #words: readonly string[] = [];

  constructor(terms: RuleTerms, counts: () => LossCounts) {
    this.terms = terms;
    this.#counts = counts;
  }

  judgeAll(now: Moment): readonly Finding[] {
    const counts = this.#counts();
    const words = [...this.#growth(counts), ...this.#rejected(counts, now.clockMs)];
    this.#last = counts;
    if (words.length > 0) {
      if (now.clockMs - this.#lostAtMs > goingOnMs) this.#sinceMs = now.wallMs;
      this.#lostAtMs = now.clockMs;
      this.#words = words;
    }
    const subject = noWords("monitor", "losses");
    if (now.clockMs - this.#lostAtMs > goingOnMs) return [{ subject, verdict: fine }];
    const { clientDropped, shed, lostRows, rejectedLines } = counts;
    return [
      {
        subject,
        verdict: {
          state: "wrong",
          cause: this.#words.join("; "),
          sinceMs: this.#sinceMs,
          severity: "warning",
          grade: 0,
          facts: {
            client_dropped: clientDropped,
            shed,
            lost_rows: lostRows,
            rejected_lines: rejectedLines,
          },
        },
      },
    ];
  }

  #growth(counts: LossCounts): string[] {
    const last = this.#last;
    if (last === null) return [];
    return [
      ...(counts.clientDropped > last.clientDropped ? ["clients lost lines before they reached us"] : []),
      ...(counts.shed > last.shed ? ["messages were shed, as too many waited"] : []),
      ...(counts.lostRows > last.lostRows ? ["rows were lost on their way to the database"] : []),
    ];
  }

  #rejected(counts: LossCounts, clockMs: number): string[] {
    const from = this.#lines;
    if (from !== null && clockMs - from.clockMs < shareMs) return [];
    this.#lines = { clockMs, counts };
    if (from === null) return [];
    const lines = counts.lines - from.counts.lines;
    const rejected = counts.rejectedLines - from.counts.rejectedLines;
    return rejected > rejectedShare * lines
      ? [`${rejected} of ${lines} lines could not be read within a minute`]
      : [];
  }
}
