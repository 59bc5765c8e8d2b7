import { isLikeAny } from "../pattern.js";
import type { Bot } from "../registry/bot.js";
import type { AlertBook } from "./alert-book.js";
import type { Episode } from "./episode.js";
import type { FleetJudge } from "./fleet-judge.js";
import type { Mailbox } from "./mailbox.js";
import type { Moment } from "./moment.js";
import type { Facts } from "./notice.js";
import { type Reason, reasonAgainst } from "./quieting.js";
import type { RuleSet } from "./rule-set.js";

/** How one rule judges a bot. */
export interface RuleExplanation {
  readonly rule: string;
  readonly state: "fine" | "wrong" | "unknown" | "not_asked";
  readonly isOpen: boolean;
  /** What is missing until an alert opens or ends, in words. */
  readonly text: string;
  readonly facts: Facts;
}

/** What one receiver knows of one open alert. */
export interface ReceiverExplanation {
  readonly receiver: string;
  readonly alertId: string;
  readonly rule: string;
  readonly code:
    | "told"
    | "maybe"
    | "on_its_way"
    | "in_doubt"
    | "starting"
    | "first_message"
    | "backing_off"
    | "waits_for_company"
    | Reason["code"];
  readonly text: string;
  readonly noticeId: string | null;
}

export interface Explanation {
  readonly channel: string;
  readonly isKnown: boolean;
  readonly rules: readonly RuleExplanation[];
  readonly receivers: readonly ReceiverExplanation[];
}

export interface ExplanationParts {
  readonly book: AlertBook;
  readonly judge: FleetJudge;
  readonly rules: RuleSet;
  readonly mailboxes: readonly Mailbox[];
  readonly quietUntilClockMs: number;
  readonly knowsBaseline: (receiver: string) => boolean;
}

/** Why a bot has its alerts, or none, and which receivers were notified, or why not. */
export function explain(
  channel: string,
  bot: Bot | undefined,
  parts: ExplanationParts,
  now: Moment,
): Explanation {
  const { book, rules, mailboxes } = parts;
  const about = rules.ofSystem.flatMap((rule) =>
    (rule.about?.(channel) ?? []).map((standpoint) => ({ rule: rule.terms.name, ...standpoint })),
  );
  const open = [
    ...book.episodes.on(channel),
    ...about.flatMap(({ rule, subject }) => book.episodes.get(rule, subject) ?? []),
  ];
  return {
    channel,
    isKnown: bot !== undefined,
    rules: [
      ...(bot === undefined ? [] : rules.ofBots.map((rule) => ruleExplanation(rule, bot, parts, now))),
      ...(bot === undefined ? [] : rules.ofCalls.map((rule) => callsExplanation(rule, channel, parts, now))),
      ...about.map(({ rule, subject, state, text, facts }) => ({
        rule,
        state,
        isOpen: book.episodes.get(rule, subject) !== undefined,
        text,
        facts,
      })),
    ],
    receivers: open.flatMap((episode) =>
      mailboxes.map((mailbox) => receiverExplanation(mailbox, episode, parts, now)),
    ),
  };
}

function ruleExplanation(
  rule: RuleSet["ofBots"][number],
  bot: Bot,
  { book, judge }: ExplanationParts,
  now: Moment,
): RuleExplanation {
  const { name, forMs, holdMs } = rule.terms;
  const isOpen = book.episodes.get(name, bot.channel) !== undefined;
  const verdict = judge.verdictOn(rule, bot, now);
  if (verdict === null)
    return { rule: name, state: "not_asked", isOpen, text: "the rule is not about this bot", facts: {} };
  const { state } = verdict;
  const sinceClockMs = book.episodes.standing(name, bot.channel)?.sinceClockMs ?? now.clockMs;
  const left = (neededMs: number) => seconds(Math.max(0, neededMs - (now.clockMs - sinceClockMs)));
  const facts = state === "wrong" ? verdict.facts : {};
  const text = {
    fine: isOpen ? `fine; the alert ends in ${left(holdMs)} if it stays so` : "fine",
    unknown: "nothing is known of it now, so nothing opens and nothing ends",
    wrong: isOpen ? "wrong; the alert is open" : `wrong; an alert opens in ${left(forMs)} if it stays so`,
  }[state];
  return {
    rule: name,
    state,
    isOpen,
    text: state === "wrong" ? `${verdict.cause}: ${text}` : text,
    facts,
  };
}

/** A rule on the calls of a model, which is about all bots that make them. */
function callsExplanation(
  rule: RuleSet["ofCalls"][number],
  channel: string,
  { book }: ExplanationParts,
  now: Moment,
): RuleExplanation {
  const { name, bots } = rule.terms;
  const isOpen = [...book.episodes.ofRule(name)].length > 0;
  const said = { rule: name, isOpen, facts: {} } as const;
  if (!isLikeAny(channel, bots))
    return { ...said, state: "not_asked", text: "the rule is not about this bot" };
  const verdicts = rule.judgeAll(now).map(({ verdict }) => verdict);
  const causes = verdicts.flatMap((verdict) => (verdict.state === "wrong" ? [verdict.cause] : []));
  if (causes.length > 0) return { ...said, state: "wrong", text: causes.join("; ") };
  return verdicts.some(({ state }) => state === "unknown")
    ? { ...said, state: "unknown", text: "the calls of some models are too few, or near the limit" }
    : { ...said, state: "fine", text: "fine" };
}

function receiverExplanation(
  mailbox: Mailbox,
  episode: Episode,
  parts: ExplanationParts,
  now: Moment,
): ReceiverExplanation {
  const { book, quietUntilClockMs, knowsBaseline } = parts;
  const { name: receiver, terms, delivery, failure } = mailbox;
  const { alertId, rule } = episode;
  const tell = book.ledger.get(receiver, alertId);
  const said = (
    code: ReceiverExplanation["code"],
    text: string,
    noticeId: string | null = tell?.noticeId ?? null,
  ): ReceiverExplanation => ({ receiver, alertId, rule, code, text, noticeId });
  if (tell?.phase === "told") return said("told", `told at ${new Date(tell.tsMs).toISOString()}`);
  if (delivery?.entries.some((entry) => entry.alertId === alertId) === true) {
    const { noticeId } = delivery.rendered;
    return delivery.doubtSinceClockMs === null
      ? said("on_its_way", "the message is on its way", noticeId)
      : said("in_doubt", "the message was sent and not answered; it is sent again", noticeId);
  }
  const reason = reasonAgainst(book, terms, mailbox.isTaken, episode, now);
  if (reason !== null) return said(reason.code, textOf(reason, receiver));
  if (now.clockMs < quietUntilClockMs)
    return said("starting", `the monitor has just started; in ${seconds(quietUntilClockMs - now.clockMs)}`);
  if (!knowsBaseline(receiver)) return said("first_message", "it is counted in the first message");
  const leftMs = mailbox.nextClockMs - now.clockMs;
  if (failure !== null)
    return said("backing_off", `nothing gets through: ${failure.detail}; next try in ${seconds(leftMs)}`);
  if (tell?.phase === "maybe") return said("maybe", "told, without an answer; it is said once more");
  return said("waits_for_company", `it waits for company; told in ${seconds(leftMs)}`);
}

function textOf(reason: Reason, receiver: string): string {
  switch (reason.code) {
    case "not_taken":
      return `${receiver} does not take it`;
    case "silenced": {
      const { kind, by, why, untilMs } = reason.quiet;
      const until = new Date(untilMs).toISOString();
      return kind === "silence"
        ? `silenced by ${by} until ${until}: ${why}`
        : `a window until ${until}: ${why}`;
    }
    case "inhibited":
      return `not told beside ${reason.by}, which is open`;
    case "recovering":
      return "it is fine just now; told if it is wrong again before the alert ends";
    case "flapping":
      return "it comes and goes; told once as flapping, or when it stays for 5 min";
    case "too_young":
      return `told if it is still open in ${seconds(reason.leftMs)}`;
    case "acknowledged":
      return `acknowledged by ${reason.by}`;
  }
}

function seconds(ms: number): string {
  return `${Math.ceil(Math.max(0, ms) / 1_000)} s`;
}
