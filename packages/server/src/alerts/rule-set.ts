import type { RuleSettings } from "../config/alert-settings.js";
import type { Bot } from "../registry/bot.js";
import { errorRateRule, latencyRule } from "./call-rules.js";
import type { Subject } from "./episode.js";
import { type HostIncidents, hostRules } from "./host-incidents.js";
import type { Moment } from "./moment.js";
import type { BotRule, RuleTerms, SystemRule } from "./rule.js";
import { Absent } from "./rules/absent.js";
import { BudgetForecast, type BudgetSource, BudgetSteps } from "./rules/budget.js";
import type { CallShare } from "./rules/call-share.js";
import { Conflict } from "./rules/conflict.js";
import { CrashLoop } from "./rules/crash-loop.js";
import { Down } from "./rules/down.js";
import { FleetOnline } from "./rules/fleet-online.js";
import { HostIncidentRule } from "./rules/host-incident.js";
import { HostRestart } from "./rules/host-restart.js";
import { type LossCounts, Losses } from "./rules/losses.js";
import { MissingBot } from "./rules/missing-bot.js";
import { type MonitorProblem, MonitorTrouble } from "./rules/monitor-trouble.js";
import { type FailingReceiver, ReceiverFailing } from "./rules/receiver-failing.js";
import { type Reading, Threshold } from "./rules/threshold.js";
import { Trouble } from "./rules/trouble.js";

/** What the rules look at. */
export interface RuleSources {
  readonly isKnown: (channel: string) => boolean;
  readonly counts: () => Readonly<Record<"online" | "stale" | "dead" | "offline", number>>;
  readonly isBlind: () => boolean;
  readonly losses: () => LossCounts;
  readonly problems: () => readonly MonitorProblem[];
  readonly failing: () => readonly FailingReceiver[];
  /** Bots that the operator expects by name. */
  readonly expected: readonly string[];
  readonly subjectOf: (channel: string) => Subject;
  /** The last value of a metric of a bot's own. */
  readonly customReading: (channel: string, metric: string) => Reading | undefined;
  readonly sampleMs: number;
  readonly budgets: BudgetSource;
  readonly hosts: HostIncidents;
  /** When the monitor started. */
  readonly start: Moment;
}

const secondMs = 1_000;
const minuteMs = 60_000;

/** Each rule's default `for` and `hold`. `docs/alerts.md` has the same table. */
const spans = {
  down: [30 * secondMs, minuteMs],
  crash_loop: [0, 0],
  trouble: [minuteMs, minuteMs],
  absent: [30 * minuteMs, 0],
  conflict: [minuteMs, 0],
  rss_mb: [10 * minuteMs, 5 * minuteMs],
  cpu_pct: [10 * minuteMs, 5 * minuteMs],
  custom: [10 * minuteMs, 5 * minuteMs],
  fleet_online: [minuteMs, minuteMs],
  latency: [minuteMs, 5 * minuteMs],
  error_rate: [minuteMs, 5 * minuteMs],
  losses: [minuteMs, 15 * minuteMs],
  monitor: [2 * minuteMs, minuteMs],
  host_restarted: [0, 0],
  receiver_failing: [0, 0],
  host_silent: [0, 0],
  channel_on_two_hosts: [0, 0],
  budget: [0, 0],
  forecast: [0, 0],
} as const satisfies Record<string, readonly [forMs: number, holdMs: number]>;

type RuleName = keyof typeof spans;

/** The most age of a value of a bot's own metric. */
const customFreshMs = 15 * minuteMs;

export interface RuleSet {
  readonly ofBots: readonly BotRule[];
  readonly ofSystem: readonly SystemRule[];
  readonly hostRestart: HostRestart | null;
  /** Those that hear of each LLM call. */
  readonly ofCalls: readonly CallShare[];
  /** The metrics of the bots' own that a rule looks at. */
  readonly metrics: ReadonlySet<string>;
  /** A rule looks at what the processes take. */
  readonly needsSamples: boolean;
}

/** All rules that are on. */
export function ruleSetOf(options: Readonly<Record<string, RuleSettings>>, sources: RuleSources): RuleSet {
  const termsOf = (kind: RuleName, name: string = kind): RuleTerms | null => {
    const given = options[name];
    if (given?.enabled === false) return null;
    const [forMs, holdMs] = spans[kind];
    const setMs = given?.forMs ?? forMs;
    const isThreshold = kind === "rss_mb" || kind === "cpu_pct" || kind === "custom";
    return {
      name,
      forMs: setMs,
      holdMs: given?.holdMs ?? (isThreshold ? setMs / 2 : holdMs),
      severity: given?.severity ?? null,
      bots: given?.bots ?? null,
    };
  };
  const made = <Rule>(terms: RuleTerms | null, make: (terms: RuleTerms) => Rule): Rule[] =>
    terms === null ? [] : [make(terms)];
  const hostRestart = made(termsOf("host_restarted"), (terms) => new HostRestart(terms))[0] ?? null;
  const samples = thresholdsOf(options, termsOf, sources);
  const custom = customOf(options, termsOf, sources);
  const fleetOnline = options["fleet_online"];
  const { start } = sources;
  const ofCalls = [
    ...made(termsOf("latency"), (terms) => latencyRule(terms, options["latency"], start)),
    ...made(termsOf("error_rate"), (terms) => errorRateRule(terms, options["error_rate"], start)),
  ].flat();
  return {
    ofBots: [
      ...made(termsOf("down"), (terms) => new Down(terms)),
      ...made(termsOf("crash_loop"), (terms) => new CrashLoop(terms)),
      ...made(termsOf("trouble"), (terms) => new Trouble(terms)),
      ...made(termsOf("absent"), (terms) => new Absent(terms)),
      ...made(termsOf("conflict"), (terms) => new Conflict(terms)),
      ...samples,
      ...custom.map(({ rule }) => rule),
    ],
    ofSystem: [
      ...made(termsOf("absent"), (terms) => new MissingBot({ terms, ...sources })),
      ...(fleetOnline === undefined || (fleetOnline.least ?? fleetOnline.leastPct) === null
        ? []
        : made(termsOf("fleet_online"), (terms) => new FleetOnline({ ...sources, ...fleetOnline, terms }))),
      ...ofCalls,
      ...made(termsOf("losses"), (terms) => new Losses(terms, sources.losses)),
      ...made(termsOf("monitor"), (terms) => new MonitorTrouble(terms, sources.problems)),
      ...made(termsOf("receiver_failing"), (terms) => new ReceiverFailing(terms, sources.failing)),
      ...made(termsOf("budget"), (terms) => new BudgetSteps({ ...sources, terms })),
      ...made(termsOf("forecast"), (terms) => new BudgetForecast({ ...sources, terms })),
      ...hostRules.flatMap((rule) =>
        made(termsOf(rule), (terms) => new HostIncidentRule(terms, rule, sources.hosts)),
      ),
      ...(hostRestart === null ? [] : [hostRestart]),
    ],
    hostRestart,
    ofCalls,
    metrics: new Set(custom.map(({ metric }) => metric)),
    needsSamples: samples.length > 0,
  };
}

type TermsOf = (kind: RuleName, name?: string) => RuleTerms | null;

/** What a process takes: on where a limit is set. */
function thresholdsOf(
  options: Readonly<Record<string, RuleSettings>>,
  termsOf: TermsOf,
  { sampleMs }: RuleSources,
): BotRule[] {
  const measures = [
    { name: "rss_mb", what: "memory", unit: " MB", read: (bot: Bot) => bot.rssMb },
    { name: "cpu_pct", what: "CPU", unit: " %", read: (bot: Bot) => bot.cpuPct },
  ] as const;
  return measures.flatMap(({ name, what, unit, read }) => {
    const limit = options[name];
    const terms = termsOf(name);
    if (limit === undefined || terms === null || (limit.above ?? limit.below) === null) return [];
    const reading = (bot: Bot, now: Moment): Reading | undefined =>
      bot.measuredAtMs === null
        ? undefined
        : { value: read(bot), clockMs: now.clockMs - Math.max(0, now.wallMs - bot.measuredAtMs) };
    return [new Threshold({ terms, limit, what, unit, reading, freshMs: 3 * sampleMs })];
  });
}

function customOf(
  options: Readonly<Record<string, RuleSettings>>,
  termsOf: TermsOf,
  { customReading }: RuleSources,
): { readonly rule: BotRule; readonly metric: string }[] {
  return Object.entries(options).flatMap(([name, limit]) => {
    if (!name.startsWith("custom:") || limit.metric === null) return [];
    const { metric } = limit;
    const terms = termsOf("custom", name);
    if (terms === null) return [];
    const reading = (bot: Bot) => customReading(bot.channel, metric);
    const rule = new Threshold({
      terms,
      limit,
      what: metric,
      unit: "",
      reading,
      freshMs: customFreshMs,
    });
    return [{ rule, metric }];
  });
}
