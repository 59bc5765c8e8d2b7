import { isLikeAny } from "../pattern.js";
import type { Bot } from "../registry/bot.js";
import type { AlertBook } from "./alert-book.js";
import { noWords, type Subject } from "./episode.js";
import type { Moment } from "./moment.js";
import type { BotRule, RuleTerms, SystemRule, Verdict } from "./rule.js";
import type { RuleSet } from "./rule-set.js";

/** What the operator says of a bot in the configuration. */
export interface OperatorWords {
  readonly note: string | null;
  readonly runbook: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly expectAlways: boolean;
}

export interface FleetJudgeOptions {
  readonly book: AlertBook;
  readonly fleet: { get(channel: string): Bot | undefined; bots(): IterableIterator<Bot> };
  readonly rules: RuleSet;
  readonly isBlind: (principal?: string) => boolean;
  readonly wordsOn: (channel: string) => OperatorWords | null;
  /** When the monitor started. */
  readonly start: Moment;
}

/** The whole fleet is judged so often, whether anything seems to have changed or not. */
const sweepMs = 60_000;
/** After a new start of the machine bots have this long to come up. */
const bootMs = 300_000;

/**
 * Applies the rules to bots that changed or have a pending change, and once a minute to all. `mark`
 * may be called at any rate.
 */
export class FleetJudge {
  #options: FleetJudgeOptions;
  readonly #marked = new Set<string>();
  #queue: IterableIterator<string> = [].values();
  #sweep: IterableIterator<Bot> | null = null;
  #sweptClockMs = Number.NEGATIVE_INFINITY;
  /** When a reboot of the machine was detected. */
  #restarted: Moment | null = null;

  constructor(options: FleetJudgeOptions) {
    this.#options = options;
  }

  /** These rules are on from now on: everything is judged by them in the next turn. */
  useRules(rules: RuleSet): void {
    this.#options = { ...this.#options, rules };
    this.#sweptClockMs = Number.NEGATIVE_INFINITY;
    if (this.#restarted !== null) rules.hostRestart?.notice(this.#restarted);
  }

  /** Something of this bot changed. */
  mark(channel: string): void {
    this.#marked.add(channel);
  }

  /** The machine was rebooted, as was noticed then: bots have five minutes. */
  noteRestart(now: Moment): void {
    this.#restarted = now;
    this.#options.rules.hostRestart?.notice(now);
  }

  /** Begins a turn and fixes which bots it judges. */
  begin(now: Moment): void {
    const { book, fleet, rules } = this.#options;
    for (const rule of rules.ofSystem) this.#judgeSystem(rule, now);
    book.settle(now);
    for (const subject of book.episodes.pendingSubjects()) this.#marked.add(subject);
    this.#queue = [...this.#marked].values();
    this.#marked.clear();
    if (this.#sweep !== null || now.clockMs - this.#sweptClockMs < sweepMs) return;
    this.#sweptClockMs = now.clockMs;
    this.#sweep = fleet.bots();
  }

  /** Goes on with the turn until it is over; answers whether it has come to its end. */
  go(now: Moment, isOver: () => boolean): boolean {
    const { fleet } = this.#options;
    for (let next = this.#queue.next(); next.done !== true; next = this.#queue.next()) {
      const bot = fleet.get(next.value);
      if (bot !== undefined) this.judgeBot(bot, now);
      if (isOver()) return false;
    }
    const sweep = this.#sweep;
    if (sweep === null) return true;
    for (let next = sweep.next(); next.done !== true; next = sweep.next()) {
      this.judgeBot(next.value, now);
      if (isOver()) return false;
    }
    this.#sweep = null;
    return true;
  }

  judgeBot(bot: Bot, now: Moment): void {
    const { book, rules, start } = this.#options;
    // By a clock that was set back, all since then would seem to be from before the start.
    const startWallMs = Math.min(start.wallMs, now.wallMs - (now.clockMs - start.clockMs));
    for (const rule of rules.ofBots) {
      const verdict = this.verdictOn(rule, bot, now);
      if (verdict === null) continue;
      // Nothing is to be done, as nearly always; finding the operator's words would cost more.
      if (verdict.state === "fine" && !this.#isKnown(rule, bot.channel)) continue;
      const headStartMs =
        verdict.state === "wrong" && verdict.sinceMs < startWallMs
          ? startWallMs - verdict.sinceMs + now.clockMs - start.clockMs
          : 0;
      book.episodes.judge(
        this.#termsNow(rule.terms, now),
        this.subjectOf(bot.channel),
        verdict,
        now,
        headStartMs,
      );
    }
  }

  /** Null where the rule is not about this bot. */
  verdictOn(rule: BotRule, bot: Bot, now: Moment): Verdict | null {
    const { book, isBlind, wordsOn } = this.#options;
    if (!isLikeAny(bot.channel, rule.terms.bots)) return null;
    return rule.judge(bot, {
      now,
      isOpen: book.episodes.get(rule.terms.name, bot.channel) !== undefined,
      isBlind: isBlind(bot.principal),
      isExpected: rule.terms.name === "absent" && wordsOn(bot.channel)?.expectAlways === true,
    });
  }

  readonly subjectOf = (channel: string): Subject => {
    const words = this.#options.wordsOn(channel);
    if (words === null) return noWords("bot", channel);
    const { note, runbook, labels } = words;
    return { kind: "bot", name: channel, note, runbook, labels };
  };

  #isKnown({ terms }: BotRule, channel: string): boolean {
    const { episodes } = this.#options.book;
    return (
      episodes.get(terms.name, channel) !== undefined || episodes.standing(terms.name, channel) !== undefined
    );
  }

  #termsNow(terms: RuleTerms, { clockMs }: Moment): RuleTerms {
    if (this.#restarted === null || terms.name !== "down") return terms;
    if (clockMs - Math.min(this.#options.start.clockMs, this.#restarted.clockMs) >= bootMs) return terms;
    return { ...terms, forMs: Math.max(terms.forMs, bootMs) };
  }

  #judgeSystem(rule: SystemRule, now: Moment): void {
    const { episodes } = this.#options.book;
    for (const episode of [...episodes.ofRule(rule.terms.name)])
      if (rule.isOver?.(episode) === true) episodes.close(episode, "over", now);
    for (const episode of [...episodes.ofRule(rule.terms.name)]) {
      const end = rule.endOf?.(episode) ?? null;
      if (end !== null) episodes.close(episode, end, now);
    }
    const found = rule.judgeAll(now);
    const named = new Set<string>();
    for (const { subject, verdict } of found) {
      named.add(subject.name);
      episodes.judge(rule.terms, subject, verdict, now);
    }
    if (rule.isFineUnnamed === false) return;
    for (const subject of episodes.pendingOf(rule.terms.name)) {
      if (!named.has(subject))
        episodes.judge(rule.terms, noWords("monitor", subject), { state: "fine" }, now);
    }
    if (rule.isOver !== undefined) return;
    for (const episode of [...episodes.ofRule(rule.terms.name)]) {
      if (!named.has(episode.subject.name))
        episodes.judge(rule.terms, episode.subject, { state: "fine" }, now);
    }
  }
}
