import { noWords } from "../episode.js";
import type { Moment } from "../moment.js";
import { type Finding, fine, type RuleTerms, type SystemRule, unknown } from "../rule.js";

export interface FleetOnlineOptions {
  readonly terms: RuleTerms;
  /** Fewer bots than this online are too few; a share of all bots in percent. */
  readonly least: number | null;
  readonly leastPct: number | null;
  readonly counts: () => Readonly<Record<"online" | "stale" | "dead" | "offline", number>>;
  readonly isBlind: () => boolean;
}

/** Too few bots are online. */
export class FleetOnline implements SystemRule {
  readonly #options: FleetOnlineOptions;

  constructor(options: FleetOnlineOptions) {
    this.#options = options;
  }

  get terms(): RuleTerms {
    return this.#options.terms;
  }

  judgeAll({ wallMs }: Moment): readonly Finding[] {
    const { least, leastPct, counts, isBlind } = this.#options;
    const subject = noWords("fleet", "fleet");
    if (isBlind()) return [{ subject, verdict: unknown }];
    const { online, stale, dead, offline } = counts();
    const all = online + stale + dead + offline;
    const needed = Math.max(least ?? 0, leastPct === null ? 0 : Math.ceil((all * leastPct) / 100));
    if (online >= needed) return [{ subject, verdict: fine }];
    const cause = `${online} of ${all} bots are online, at least ${needed} should be`;
    const facts = { online, all, least: needed };
    return [
      {
        subject,
        verdict: { state: "wrong", cause, sinceMs: wallMs, severity: "critical", grade: 0, facts },
      },
    ];
  }
}
