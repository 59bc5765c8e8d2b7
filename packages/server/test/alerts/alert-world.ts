import { AlertBook } from "../../src/alerts/alert-book.js";
import { restoreAlerts } from "../../src/alerts/alert-memory.js";
import { FleetJudge, type OperatorWords } from "../../src/alerts/fleet-judge.js";
import { HostIncidents, type IncidentMark } from "../../src/alerts/host-incidents.js";
import { Mailroom } from "../../src/alerts/mailroom.js";
import type { Moment } from "../../src/alerts/moment.js";
import type { Notice, NoticeItem } from "../../src/alerts/notice.js";
import type { Answer, ReceiverTerms, RenderedNotice } from "../../src/alerts/receiver-door.js";
import { Reminders } from "../../src/alerts/reminders.js";
import { type RuleSet, ruleSetOf } from "../../src/alerts/rule-set.js";
import type { BudgetSource } from "../../src/alerts/rules/budget.js";
import type { Work } from "../../src/alerts/work.js";
import type { RuleSettings, WindowSettings } from "../../src/config/alert-settings.js";
import type { Bot } from "../../src/registry/bot.js";
import { AlertDisk } from "./alert-disk.js";
import { fakeBot } from "./fake-bot.js";
import { anything, unset } from "./unset.js";

export { anything, unset };

export interface AlertWorldOptions {
  readonly receivers: readonly ReceiverTerms[];
  readonly bots: readonly string[];
  readonly rules?: Readonly<Record<string, RuleSettings>>;
  readonly windows?: readonly WindowSettings[];
  readonly timezone?: string;
  readonly reminderAt?: string | null;
  readonly startWallMs?: number;
  readonly wordsOn?: (channel: string) => OperatorWords | null;
  readonly expected?: readonly string[];
  readonly budgets?: BudgetSource;
  /** Whether each receiver has had its first message. */
  readonly isKnown?: boolean;
  /** By receiver: how many alerts one notice may speak of. */
  readonly mostItems?: Readonly<Record<string, number>>;
}

const noBudgets: BudgetSource = {
  passed: () => [],
  expected: () => [],
  about: () => [],
  isOver: () => true,
};

/** What a receiver does with a request. */
export type Reply = (rendered: RenderedNotice, receiver: string) => Answer & { readonly taken?: boolean };

export const ok: Answer = { kind: "delivered", remoteId: null, status: "200" };
export const refused: Answer = { kind: "refused", retryAfterMs: null, detail: "500" };

/** The decisions about alerts on a clock of the test, with a database and receivers of the test. */
export class AlertWorld {
  readonly disk = new AlertDisk();
  readonly fleet = new Map<string, ReturnType<typeof fakeBot>>();
  /** Everything that each receiver took, repeats included. */
  readonly taken: { readonly receiver: string; readonly rendered: RenderedNotice; readonly atMs: number }[] =
    [];
  readonly requests: { readonly receiver: string; readonly noticeId: string; readonly atMs: number }[] = [];
  reply: Reply = () => ok;
  /** The principal whose bots cannot be heard; true: none can. */
  isBlind: boolean | string = false;
  problems: { code: string; detail: string; sinceMs: number }[] = [];
  losses = { clientDropped: 0, shed: 0, lostRows: 0, rejectedLines: 0, lines: 0 };
  wallMs: number;
  clockMs = 0;
  lives = 0;
  readonly #options: AlertWorldOptions;
  book!: AlertBook;
  mailroom!: Mailroom;
  judge!: FleetJudge;
  rules!: RuleSet;
  startedClockMs = 0;
  reminders!: Reminders;
  hosts!: HostIncidents;
  /** As of the next start. */
  isInFleet = true;
  /** What was told to be marked about incidents of hosts. */
  readonly marks: IncidentMark[] = [];

  constructor(options: AlertWorldOptions) {
    this.#options = options;
    this.wallMs = options.startWallMs ?? Date.UTC(2026, 10, 4, 12);
    for (const channel of options.bots) {
      this.fleet.set(channel, fakeBot(channel, { statusSinceMs: this.wallMs, measuredAtMs: this.wallMs }));
    }
    if (options.isKnown !== false) {
      for (const { name } of options.receivers) {
        this.disk.contents.facts.set(`baseline:${name}`, "0");
        this.disk.contents.facts.set(`reminded:${name}`, String(this.wallMs));
      }
    }
    this.start();
  }

  get now(): Moment {
    return { wallMs: this.wallMs, clockMs: this.clockMs };
  }

  /** A monitor starts, from what is in the database. */
  start(): void {
    this.lives++;
    const { receivers, windows = [], timezone = "UTC", reminderAt = null, rules = {} } = this.#options;
    const records = this.disk;
    const start = this.now;
    this.book = new AlertBook({ records, startedAtMs: this.lives, windows, timezone, chance: 0 });
    this.reminders = new Reminders({ records, at: reminderAt, weekly: true, timezone });
    this.mailroom = new Mailroom({
      book: this.book,
      receivers: receivers.map((terms) => ({
        terms,
        render,
        mostItems: () => this.#options.mostItems?.[terms.name] ?? Number.POSITIVE_INFINITY,
      })),
      surroundings: {
        monitor: "test",
        pageUrl: null,
        timezone,
        fleet: () => this.fleet.values(),
        counts: () => this.counts(),
      },
      groupWaitMs: 20_000,
      groupIntervalMs: 60_000,
      reminders: this.reminders,
      quietUntilClockMs: () => start.clockMs + 60_000,
      onSettled: () => undefined,
      chance: () => 0.5,
    });
    this.startedClockMs = start.clockMs;
    this.hosts = new HostIncidents({ isInFleet: this.isInFleet });
    this.hosts.onMarks = (marks) => this.marks.push(...marks);
    this.rules = ruleSetOf(rules, {
      isKnown: (channel) => this.fleet.has(channel),
      counts: () => this.counts(),
      isBlind: () => this.isBlind !== false,
      losses: () => ({ ...this.losses }),
      problems: () => this.problems,
      failing: () => this.mailroom.failing(),
      expected: this.#options.expected ?? [],
      subjectOf: (channel) => this.judge.subjectOf(channel),
      customReading: () => undefined,
      sampleMs: 15_000,
      budgets: this.#options.budgets ?? noBudgets,
      hosts: this.hosts,
      start,
    });
    this.judge = new FleetJudge({
      book: this.book,
      fleet: {
        get: (channel) => this.fleet.get(channel),
        bots: () => this.fleet.values() as IterableIterator<Bot>,
      },
      rules: this.rules,
      isBlind: (principal) => this.isBlind === true || this.isBlind === principal,
      wordsOn: this.#options.wordsOn ?? (() => null),
      start,
    });
    const parts = {
      book: this.book,
      mailroom: this.mailroom,
      reminders: this.reminders,
      subjectOf: this.judge.subjectOf,
      outcomeOf: () => null,
    };
    restoreAlerts(this.disk.memory(this.wallMs), parts, start);
  }

  /**
   * The monitor is killed, of the last commit that much was written, and another one starts later.
   */
  kill(committed: number, laterMs: number): void {
    this.disk.kill(committed);
    this.pass(laterMs);
    this.start();
  }

  pass(ms: number): void {
    this.wallMs += ms;
    this.clockMs += ms;
  }

  set(channel: string, changes: Partial<Bot>): void {
    const bot = this.fleet.get(channel);
    if (bot === undefined) throw new Error(`no bot ${channel}`);
    Object.assign(bot, changes);
    if (changes.status !== undefined) bot.statusSinceMs = this.wallMs;
    this.judge.mark(channel);
  }

  down(channel: string, cause = "process 100 is gone"): void {
    this.set(channel, { status: "dead", statusCause: cause });
  }

  up(channel: string): void {
    this.set(channel, { status: "online", statusCause: "registered" });
  }

  decide(): void {
    this.mailroom.tick(this.now);
    this.judge.begin(this.now);
    this.hosts.settle(this.book, this.mailroom.mailboxes, this.wallMs);
    this.judge.go(this.now, () => false);
  }

  /** A second passes, and the desk takes its turn. */
  second(): void {
    this.pass(1_000);
    this.decide();
    this.disk.commit();
    for (const mailbox of this.mailroom.mailboxes) {
      const rendered = done(mailbox.step(this.now));
      if (rendered === null) continue;
      done(mailbox.settle(this.send(mailbox.name, rendered), this.now));
    }
    this.disk.commit();
  }

  /** What the receiver does with an attempt. */
  send(receiver: string, rendered: RenderedNotice): Answer {
    this.requests.push({ receiver, noticeId: rendered.noticeId, atMs: this.clockMs });
    const { taken, ...answer } = this.reply(rendered, receiver);
    if (answer.kind === "delivered" || taken === true)
      this.taken.push({ receiver, rendered, atMs: this.clockMs });
    return answer as Answer;
  }

  run(ms: number): void {
    for (let passed = 0; passed < ms; passed += 1_000) this.second();
  }

  /** The notices that a receiver took, repeats under one id put together. */
  notices(receiver: string): Notice[] {
    const seen = new Set<string>();
    return this.taken.flatMap(({ receiver: name, rendered: { noticeId, body } }) => {
      if (name !== receiver || seen.has(noticeId)) return [];
      seen.add(noticeId);
      return [JSON.parse(body) as Notice];
    });
  }

  items(receiver: string): NoticeItem[] {
    return this.notices(receiver).flatMap(({ items }) => items);
  }

  /** `down a`, `up a`: what a receiver was told, in order. */
  told(receiver: string): string[] {
    return this.items(receiver).map(({ kind, rule, subject }) =>
      rule === "down" ? `${kind} ${subject}` : `${kind} ${rule} ${subject}`,
    );
  }

  counts() {
    const counts = { online: 0, stale: 0, dead: 0, offline: 0 };
    for (const { status } of this.fleet.values()) counts[status]++;
    return counts;
  }
}

/** Does the work to its end; `meanwhile` happens between two pieces of it, and may end it. */
export function done<Result>(work: Work<Result>): Result;
export function done<Result>(work: Work<Result>, meanwhile: () => boolean): Result | null;
export function done<Result>(work: Work<Result>, meanwhile = () => true): Result | null {
  for (let piece = work.next(); ; piece = work.next()) {
    if (piece.done === true) return piece.value;
    if (!meanwhile()) return null;
  }
}

function render(notice: Notice): RenderedNotice {
  return { noticeId: notice.noticeId, body: JSON.stringify(notice), plain: `plain ${notice.noticeId}` };
}
