import { entryOf } from "../nested-map.js";
import { isLikeAny } from "../pattern.js";
import { AttentiveClock } from "../registry/attentive-clock.js";
import type { Bot } from "../registry/bot.js";
import type { FleetListener } from "../registry/fleet-listener.js";
import { within } from "../within.js";
import { AlertBook } from "./alert-book.js";
import { type AlertMemory, restoreAlerts } from "./alert-memory.js";
import { followCalls, type ReceivedCalls, reportCalls } from "./call-rules.js";
import type { AlertDeskOptions, DeskChange } from "./desk-options.js";
import { Dispatcher } from "./dispatcher.js";
import { type Episode, plainRule } from "./episode.js";
import { type Explanation, explain } from "./explanation.js";
import { FleetJudge } from "./fleet-judge.js";
import { HostIncidents } from "./host-incidents.js";
import { Mailroom, type MailroomTerms } from "./mailroom.js";
import type { Moment } from "./moment.js";
import { noticeReboot, recordBoot } from "./reboot-note.js";
import type { ReceiverDoor } from "./receiver-door.js";
import type { ReceiverState, ToldReceiver } from "./receiver-state.js";
import { Reminders } from "./reminders.js";
import type { RuleTerms } from "./rule.js";
import { type RuleSet, ruleSetOf } from "./rule-set.js";
import type { FailingReceiver } from "./rules/receiver-failing.js";
import type { Reading } from "./rules/threshold.js";
import type { Silence } from "./silence.js";
import type { SilenceRequest } from "./silences.js";
import { TurnTimes } from "./turn-times.js";
import { Windows } from "./window.js";
import { doInTurns, type Work } from "./work.js";

/** How long to send nothing while the database, which knows what was sent, is absent. */
const memoryMs = 60_000;
/** The number of group waits after a start without new notices: bots have to come back first. */
const startWaits = 3;
/**
 * Until when a start keeps quiet, Unix milliseconds. One within that time ends its quiet then, too:
 * a monitor that is started again and again would tell nothing for ever.
 */
const quietFact = "quiet_until";
/** Bots judged between two looks at the clock. */
const botsPerPiece = 20;

/**
 * Decides what is wrong with the fleet and notifies the receivers. Every second it takes a turn, in
 * pieces of 2 ms, between which everything else goes on. It waits for no receiver and no database.
 * Without receivers it does nothing.
 */
export class AlertDesk implements FleetListener {
  readonly listenerName = "alerts";
  readonly turnTimes = new TurnTimes();
  #options: AlertDeskOptions;
  readonly #attentive: AttentiveClock;
  readonly #book: AlertBook;
  #rules: RuleSet;
  readonly #judge: FleetJudge;
  readonly #mailroom: Mailroom;
  readonly #reminders: Reminders;
  readonly #custom = new Map<string, Map<string, Reading>>();
  readonly #dispatcher: Dispatcher;
  readonly #hosts: HostIncidents;
  readonly #startClockMs: number;
  #quietUntilClockMs: number;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> | null = null;
  #turnedMs = 0;
  #isQuietKept = false;
  /** When a reboot of the machine was noticed. */
  #rebooted: Moment | null = null;
  #isStarted = false;
  #isStopped = false;

  /** Throws where a window or a zone is none. */
  constructor(options: AlertDeskOptions) {
    this.#options = options;
    this.#hosts = options.hosts ?? new HostIncidents();
    const { terms, fleet, records, clock, startedAtMs } = options;
    const { timezone, windows, reminder } = terms;
    this.#attentive = new AttentiveClock(clock);
    const { logger, turns } = options;
    this.#dispatcher = new Dispatcher({ logger, turns, now: () => this.#now() });
    this.#book = new AlertBook({ records, startedAtMs, windows, timezone });
    this.#reminders = new Reminders({ records, ...reminder, timezone });
    const start = this.#now();
    this.#startClockMs = start.clockMs;
    this.#quietUntilClockMs = start.clockMs + memoryMs;
    this.#mailroom = new Mailroom({
      ...this.#mailroomTerms(),
      book: this.#book,
      reminders: this.#reminders,
      quietUntilClockMs: () => this.#quietUntilClockMs,
      onSettled: (notice) => this.#dispatcher.count(notice),
      chance: Math.random,
    });
    this.#rules = this.#ruleSet();
    this.#judge = new FleetJudge({
      book: this.#book,
      fleet,
      rules: this.#rules,
      isBlind: this.#isDeaf,
      wordsOn: options.wordsOn,
      start,
    });
  }

  /** When the last turn ended, by the monotonic clock; null while there are none. */
  get turnedMs(): number | null {
    return this.#timer === undefined ? null : this.#turnedMs;
  }

  get isOn(): boolean {
    return this.#mailroom.mailboxes.length > 0;
  }

  /**
   * Takes the stored state: from now on receivers are notified. Called before the first turn, or
   * later if the database opened late.
   */
  async restore(memory: AlertMemory): Promise<void> {
    // A turn sees one memory: no notice is half made that does not know of it.
    while (this.#turn !== null) await this.#turn;
    const { fleet, records, terms } = this.#options;
    const now = this.#now();
    this.#rebooted = noticeReboot(memory.facts, this.#options, now);
    if (this.#rebooted !== null) this.#judge.noteRestart(this.#rebooted);
    restoreAlerts(
      memory,
      {
        book: this.#book,
        mailroom: this.#mailroom,
        reminders: this.#reminders,
        subjectOf: this.#judge.subjectOf,
        outcomeOf: this.#outcomeOf,
      },
      now,
    );
    const startWallMs = now.wallMs - (now.clockMs - this.#startClockMs);
    const quietMs =
      fleet.size === 0 ? 0 : quietSpan(memory.facts.get(quietFact), terms.groupWaitMs, startWallMs);
    this.#quietUntilClockMs = this.#startClockMs + quietMs;
    this.#isQuietKept = quietMs > 0 && this.isOn;
    if (this.#isQuietKept) records.fact(quietFact, String(Math.ceil(startWallMs + quietMs)));
  }

  /** The quiet is over, or there is no receiver: a restart from now on begins a new one. */
  #endQuiet(now: Moment): void {
    if (!this.#isQuietKept || (this.isOn && now.clockMs < this.#quietUntilClockMs)) return;
    this.#isQuietKept = false;
    this.#options.records.fact(quietFact, "over");
  }

  /** A fresh database has replaced the one with the alerts. */
  recordAll(): void {
    this.#book.recordAll();
    this.#reminders.recordAll();
    for (const mailbox of this.#mailroom.mailboxes) mailbox.recordHold(this.#now());
    recordBoot(this.#rebooted, this.#options);
  }

  /** `doors`: one for each receiver of the terms. */
  start(doors: readonly ReceiverDoor[]): void {
    this.#isStarted = true;
    this.#dispatcher.connect(doors);
    this.#begin();
  }

  /**
   * These are the settings of alerts from now on. What is open, and what receivers know, stays, as
   * over a restart; `readdressed` are receivers that are reached elsewhere now. Throws, before
   * anything has changed, where a window or a zone is none.
   */
  async configure(change: DeskChange): Promise<void> {
    const { terms, doors, readdressed } = change;
    const { timezone, windows, reminder } = terms;
    const opened = new Windows(windows, timezone);
    // A turn sees one configuration.
    while (this.#turn !== null) await this.#turn;
    const wasOn = this.isOn;
    this.#reminders.configure({ ...reminder, timezone });
    opened.follow(this.#book.windows, this.#now().wallMs);
    this.#book.windows = opened;
    this.#options = { ...this.#options, terms, pageUrl: change.pageUrl, expected: change.expected };
    const before = this.#rules;
    this.#rules = this.#ruleSet();
    // Without receivers no calls were counted.
    if (wasOn) followCalls(this.#rules.ofCalls, before.ofCalls);
    this.#judge.useRules(this.#rules);
    const now = this.#now();
    this.#mailroom.configure(this.#mailroomTerms(), readdressed, now);
    this.#endQuiet(now);
    this.#dispatcher.connect(doors);
    this.#book.review(this.#judge.subjectOf, this.#outcomeOf, now);
    this.#mailroom.sweep();
    // The fleet was not judged until now: first count the bots that are already down; pending
    // changes start over.
    if (!wasOn) {
      this.#book.episodes.dropPending(() => true);
      const quietMs = startWaits * terms.groupWaitMs;
      this.#quietUntilClockMs = Math.max(this.#quietUntilClockMs, now.clockMs + quietMs);
    }
    if (this.#isStarted) this.#begin();
  }

  #begin(): void {
    if (this.#isStopped) return;
    if (!this.isOn) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (!this.isOn || this.#timer !== undefined) return;
    this.#turnedMs = this.#options.clock.monotonicMs();
    this.#timer = setInterval(() => this.#takeTurn(), this.#options.turnMs ?? 1_000);
  }

  /**
   * Waits a moment for answers; the next monitor sends unanswered notices again, under their ids.
   */
  async stop(waitMs = 1_500): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== undefined) this.#book.keepPending(this.#now(), 1);
    clearInterval(this.#timer);
    this.#timer = undefined;
    await within(Promise.all([this.#turn, this.#dispatcher.idle()]), waitMs);
    if (this.isOn) this.#hosts.settle(this.#book, this.#mailroom.mailboxes, this.#now().wallMs);
    this.#dispatcher.abandon();
  }

  statusChanged({ channel }: { readonly channel: string }): void {
    this.#mark(channel);
  }

  conflictChanged({ channel }: Bot): void {
    this.#mark(channel);
  }

  troubleChanged({ channel }: { readonly channel: string }): void {
    this.#mark(channel);
  }

  botChanged({ channel }: Bot): void {
    if (this.#rules.needsSamples) this.#mark(channel);
  }

  botForgotten({ channel }: Bot): void {
    this.#custom.delete(channel);
    if (this.isOn) this.#book.forget(channel, this.#now());
  }

  /** Bots reported LLM calls. */
  usageReceived({ rows, from, to }: ReceivedCalls): void {
    if (this.isOn) reportCalls(this.#rules.ofCalls, { rows, from, to }, this.#now());
  }

  /** A bot logged a value of a metric of its own. */
  metricReceived(channel: string, metric: string, value: number): void {
    if (!this.#rules.metrics.has(metric) || this.#options.fleet.get(channel) === undefined) return;
    entryOf(this.#custom, channel).set(metric, { value, clockMs: this.#attentive.nowMs() });
    this.#mark(channel);
  }

  openAlerts(): readonly Episode[] {
    return [...this.#book.episodes];
  }

  /** Null unless it is open, or ended with a receiver still to notify. */
  alert(alertId: string): Episode | null {
    return this.#book.byId(alertId) ?? null;
  }

  /** The receivers that know of an alert. */
  tellsOf(alertId: string): readonly ToldReceiver[] {
    return this.#mailroom.mailboxes.flatMap(({ name }) => {
      const tell = this.#book.ledger.get(name, alertId);
      return tell === undefined ? [] : [{ receiver: name, ...tell }];
    });
  }

  /** Null where no such alert is open. */
  acknowledge(alertId: string, by: string, why: string): Episode | null {
    return this.#book.acknowledge(alertId, { by, why, atMs: this.#options.clock.wallMs() });
  }

  /** Those that are active or were a moment ago. */
  silences(): readonly Silence[] {
    return this.#book.silences.all();
  }

  /** Throws a `RangeError` whose message says what is wrong. */
  addSilence(request: SilenceRequest): Silence {
    return this.#book.silences.add(request, this.#options.clock.wallMs());
  }

  /**
   * Lasts until then. Null where no such silence is active. Throws a `RangeError` whose message
   * says what is wrong.
   */
  extendSilence(silenceId: string, untilMs: number): Silence | null {
    return this.#book.silences.extend(silenceId, untilMs, this.#options.clock.wallMs());
  }

  /** Null where no such silence is active. */
  endSilence(silenceId: string): Silence | null {
    return this.#book.silences.end(silenceId, this.#options.clock.wallMs());
  }

  explain(channel: string): Explanation {
    const parts = {
      book: this.#book,
      judge: this.#judge,
      rules: this.#rules,
      mailboxes: this.#mailroom.mailboxes,
      quietUntilClockMs: this.#quietUntilClockMs,
      knowsBaseline: (receiver: string) => this.#reminders.knowsBaseline(receiver),
    };
    return explain(channel, this.#options.fleet.get(channel), parts, this.#now());
  }

  /** How the receivers are doing. */
  receivers(): readonly ReceiverState[] {
    const failing = new Set(this.#mailroom.failing().map(({ name }) => name));
    return this.#mailroom.mailboxes.map(({ name, failure, waiting }) => {
      const counts = this.#dispatcher.outcomes.get(name);
      const count = (outcome: string) => counts?.get(outcome) ?? 0;
      const isFailing = failure !== null && (failure.isBroken || failing.has(name) || waiting > 0);
      return {
        name,
        kind: this.#dispatcher.kindOf(name),
        state: failure?.isBroken === true ? "broken" : isFailing ? "failing" : "ok",
        sinceMs: failure?.sinceMs ?? null,
        detail: failure?.detail ?? null,
        waiting,
        sent: count("sent"),
        failed: count("failed"),
        doubtful: count("doubtful"),
      };
    });
  }

  /** Receivers to which nothing gets through. */
  failing(): readonly FailingReceiver[] {
    return this.#mailroom.failing();
  }

  onChange(listener: (episode: Episode) => void): void {
    this.#book.onChange(listener);
  }

  readonly #isDeaf = (principal?: string): boolean =>
    this.#options.isBlind(principal) || !this.#attentive.caughtUp;

  /** The outcome of an alert that can no longer be judged; null for one that can. */
  readonly #outcomeOf = (episode: Pick<Episode, "rule" | "subject">): "rule_off" | "forgotten" | null => {
    const { rule, subject } = episode;
    const name = plainRule(episode);
    const rules: readonly { readonly terms: RuleTerms }[] = [...this.#rules.ofBots, ...this.#rules.ofSystem];
    const isOn = rules.some(
      ({ terms }) => terms.name === name && (subject.kind !== "bot" || isLikeAny(subject.name, terms.bots)),
    );
    if (!isOn) return "rule_off";
    const isMissing = subject.kind === "bot" && this.#options.fleet.get(subject.name) === undefined;
    // A bot that was never heard of is absent only as long as the operator expects it by name.
    const isExpected = rule === "absent" && this.#options.expected.includes(subject.name);
    return isMissing && !isExpected ? "forgotten" : null;
  };

  #mailroomTerms(): MailroomTerms {
    const { terms, fleet, monitor, pageUrl } = this.#options;
    const { receivers, timezone, groupWaitMs, groupIntervalMs } = terms;
    return {
      receivers: receivers.map((one) => ({
        terms: one,
        render: (notice) => this.#dispatcher.render(one.name, notice),
        mostItems: () => this.#dispatcher.mostItems(one.name),
      })),
      surroundings: {
        monitor,
        pageUrl,
        timezone,
        fleet: () => fleet.bots(),
        counts: () => fleet.counts(),
      },
      groupWaitMs,
      groupIntervalMs,
    };
  }

  #ruleSet(): RuleSet {
    const { terms, fleet, losses, problems, expected, sampleMs, budgets } = this.#options;
    return ruleSetOf(terms.rules, {
      isKnown: (channel) => fleet.get(channel) !== undefined,
      counts: () => fleet.counts(),
      isBlind: this.#isDeaf,
      losses,
      problems,
      expected,
      sampleMs,
      budgets,
      hosts: this.#hosts,
      failing: () => this.#mailroom.failing(),
      subjectOf: (channel) => this.#judge.subjectOf(channel),
      customReading: (channel, metric) => this.#custom.get(channel)?.get(metric),
      start: this.#now(),
    });
  }

  #mark(channel: string): void {
    if (this.isOn) this.#judge.mark(channel);
  }

  #now(): Moment {
    return { wallMs: this.#options.clock.wallMs(), clockMs: this.#attentive.nowMs() };
  }

  #takeTurn(): void {
    if (this.#turn !== null) return;
    const { turns, logger, clock } = this.#options;
    this.#turn = doInTurns(this.#work(), turns, () => this.#isStopped)
      .then((spentMs) => this.turnTimes.add(spentMs))
      .catch((error: unknown) => {
        logger.error({ err: error }, "a turn of the alerts failed; the next one goes on");
      })
      .finally(() => {
        this.#turnedMs = clock.monotonicMs();
        this.#turn = null;
      });
  }

  *#work(): Work<void> {
    const now = this.#now();
    this.#mailroom.tick(now);
    this.#endQuiet(now);
    this.#judge.begin(now);
    this.#hosts.settle(this.#book, this.#mailroom.mailboxes, now.wallMs);
    yield;
    let judged = 0;
    while (!this.#judge.go(now, () => ++judged % botsPerPiece === 0)) yield;
    for (const mailbox of this.#mailroom.mailboxes) {
      yield* this.#dispatcher.dispatch(mailbox);
      yield;
    }
  }
}

/**
 * How long a start stays quiet. If the previous start did not finish its quiet, part of it counts:
 * all if its end is near, else all but one wait.
 */
function quietSpan(before: string | undefined, waitMs: number, startWallMs: number): number {
  const spanMs = startWaits * waitMs;
  const leftMs = Number(before ?? "over") - startWallMs;
  if (Number.isNaN(leftMs)) return spanMs;
  return Math.abs(leftMs) <= spanMs ? Math.max(0, leftMs) : waitMs;
}
