import type { Notice, NoticeItem, SharedCause } from "../alerts/notice.js";
import { factsText } from "./facts-text.js";
import { groupsOf, type ItemGroup } from "./item-group.js";
import { spanText } from "./moment-text.js";
import { longestName, longestSentence, shownText } from "./shown-text.js";

/** A piece of text, with who chose it: each receiver has its own way to write one. */
export type Span =
  /** Ours, or the operator's. */
  | { readonly kind: "words"; readonly text: string }
  | { readonly kind: "strong"; readonly text: string }
  /** Chosen by a bot. */
  | { readonly kind: "name"; readonly text: string }
  | { readonly kind: "quote"; readonly text: string }
  /** A moment, Unix milliseconds; `ago`: with how long ago it was. */
  | { readonly kind: "time"; readonly ms: number; readonly ago: boolean };

export type Line = readonly Span[];

/** What a notice says, in the order of its weight. Nothing in it is longer than a few lines. */
export interface NoticeText {
  /** Without a word that a bot chose. */
  readonly subject: string;
  readonly title: Line;
  readonly head: readonly Line[];
  readonly blocks: readonly Block[];
  readonly tail: readonly Line[];
}

/** The lines about some items, which stand or fall together. */
export interface Block {
  readonly lines: readonly Line[];
  readonly items: number;
}

const mostNames = 20;

export function noticeText(notice: Notice): NoticeText {
  const groups = groupsOf(notice.items);
  return {
    subject: `${headline(notice, groups)} (${shownText(notice.monitor, 128)})`,
    title: titleOf(notice, groups),
    head: notice.sharedCause === null ? [] : [sharedCauseLine(notice.sharedCause)],
    blocks: groups.map(blockOf),
    tail: tailOf(notice),
  };
}

/** `DOWN 40 bots · UP 3 bots` */
function headline(notice: Notice, groups: readonly ItemGroup[]): string {
  const { kind, fleet } = notice;
  if (kind === "first") return `Alerts are on: ${fleet.online} online, ${fleet.down} down already`;
  if (kind === "all_well") return `Nothing is wrong: ${fleet.online} online`;
  const counts = groups.map((group) => `${headOf(group.items[0])} ${amountOf(group)}`);
  return `${markOf(notice)}${merged(counts).join(" · ")}`;
}

function markOf({ kind, items }: Notice): string {
  if (kind === "reminder") return "Reminder · ";
  return kind === "test" && items[0]?.kind !== "test" ? "TEST · " : "";
}

function titleOf(notice: Notice, groups: readonly ItemGroup[]): Line {
  const [item, ...others] = notice.items;
  if (item === undefined || others.length > 0) return [words(headline(notice, groups))];
  return [words(`${markOf(notice)}${headOf(item)} `), subject(item)];
}

/**
 * The same heading twice is said once: `DOWN 2 bots · DOWN 1 bot` would be read as two kinds of
 * news.
 */
function merged(counts: readonly string[]): readonly string[] {
  const sums = new Map<string, number>();
  for (const text of counts) {
    const [, head = text, count = "1", noun = ""] = /^(.*) (\d+) (\D+)$/.exec(text) ?? [];
    const key = `${head}\0${noun.replace(/s$/, "")}`;
    sums.set(key, (sums.get(key) ?? 0) + Number(count));
  }
  const shown = [...sums].map(([key, count]) => {
    const [head, noun] = key.split("\0");
    return `${head} ${count} ${noun}${count === 1 ? "" : "s"}`;
  });
  return shown.length <= 4 ? shown : [...shown.slice(0, 3), `and ${shown.length - 3} more`];
}

function amountOf({ items }: ItemGroup): string {
  const noun = items[0].subjectKind === "bot" ? "bot" : "alert";
  return `${items.length} ${noun}${items.length === 1 ? "" : "s"}`;
}

const ruleHeads: Readonly<Record<string, string>> = {
  crash_loop: "CRASH LOOP",
  trouble: "IN TROUBLE",
  absent: "ABSENT",
  conflict: "CONFLICT",
  rss_mb: "MUCH MEMORY",
  cpu_pct: "MUCH CPU",
  fleet_online: "FEW ONLINE",
  latency: "SLOW CALLS",
  error_rate: "FAILED CALLS",
  losses: "LOSSES",
  monitor: "MONITOR IN TROUBLE",
  host_restarted: "HOST RESTARTED",
  host_silent: "HOST SILENT",
  channel_on_two_hosts: "ON TWO HOSTS",
  receiver_failing: "RECEIVER FAILING",
  budget: "BUDGET",
  forecast: "BUDGET FORECAST",
  test: "TEST",
};

/** The words, since a colour is not seen by everybody. */
function headOf({ kind, rule, endedMs }: NoticeItem): string {
  const isDown = rule === "down";
  const head =
    ruleHeads[rule] ?? (isDown ? "DOWN" : shownText(rule.replace(/^custom:/, "").toUpperCase(), 40));
  switch (kind) {
    case "up":
      return isDown ? "UP" : `OVER: ${head}`;
    case "was_down":
      return `WAS ${head}`;
    case "still_down":
      return `STILL ${head}`;
    case "flapping":
      return isDown ? "FLAPPING" : `FLAPPING: ${head}`;
    case "steady":
      return isDown ? "STEADY" : `STEADY: ${head}`;
    case "info":
      return endedMs === null ? head : `ENDED: ${head}`;
    default:
      return head;
  }
}

function blockOf(group: ItemGroup): Block {
  const [item] = group.items;
  const lines: Line[] = [[strong(headOf(item)), words(" "), ...subjects(group), ...when(group)]];
  if (item.cause !== "") lines.push(causeLine(group));
  if (group.items.length === 1) {
    const facts = factsText(item.facts);
    if (facts !== "") lines.push([quote(facts)]);
  }
  for (const said of wordsOf(group)) lines.push(said);
  return { lines, items: group.items.length };
}

function subjects({ items }: ItemGroup): Span[] {
  if (items.length === 1) return [subject(items[0])];
  const shown = items.slice(0, mostNames).flatMap((item) => [words(", "), subject(item)]);
  const more = items.length > mostNames ? [words(` and ${items.length - mostNames} more`)] : [];
  return [words(`${amountOf({ items, isOneCause: true })}: `), ...shown.slice(1), ...more];
}

function when({ items }: ItemGroup): Span[] {
  if (items[0].kind === "test") return [];
  const since = leastOf(items.map(({ sinceMs }) => sinceMs));
  const { endedMs } = items[0];
  if (endedMs === null) return [words(" since "), time(since, true)];
  if (items.length > 1) {
    const spans = items.map((item) => (item.endedMs ?? item.sinceMs) - item.sinceMs);
    const [least, most] = [spanText(leastOf(spans)), spanText(-leastOf(spans.map((ms) => -ms)))];
    return [words(` after ${least === most ? most : `${least} to ${most}`}, since `), time(since, false)];
  }
  return [
    words(` after ${spanText(endedMs - since)}, from `),
    time(since, false),
    words(" to "),
    time(endedMs, false),
  ];
}

/** Of more values than a call may have arguments. */
function leastOf(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

function causeLine({ items, isOneCause }: ItemGroup): Line {
  const cause = quote(shownText(items[0].cause, longestSentence));
  if (!isOneCause) return [words("For several reasons; the first: "), cause];
  return items[0].endedMs === null || items[0].kind === "info" ? [cause] : [words("It was: "), cause];
}

/** What the operator wrote on the bots, and why it is said now: once, if it is the same for all. */
function wordsOf({ items }: ItemGroup): Line[] {
  const same = (of: (item: NoticeItem) => string | null) => {
    const first = of(items[0]);
    return items.every((item) => of(item) === first) ? first : null;
  };
  const lines: Line[] = [];
  const [why, note, runbook] = [
    same((item) => item.why),
    same(({ note }) => note),
    same(({ runbook }) => runbook),
  ];
  if (why !== null) lines.push([quote(shownText(why, longestSentence))]);
  if (note !== null) lines.push([words(shownText(note, longestSentence))]);
  if (runbook !== null) lines.push([words(`Runbook: ${shownText(runbook, longestSentence)}`)]);
  return lines;
}

function sharedCauseLine({ dimension, value, ...counts }: SharedCause): Line {
  const { affected, of, othersAffected, others } = counts;
  const what: Readonly<Record<string, string>> = {
    process: "of process ",
    version: "of version ",
    prefix: "below ",
    boot: "of boot ",
  };
  const rest = `; ${othersAffected === 0 ? "none" : othersAffected} of the other ${others}.`;
  const all = affected === of ? `All ${of}` : `${affected} of ${of}`;
  return [
    words(`${all} bots ${what[dimension] ?? `of ${dimension} `}`),
    { kind: "name", text: shownText(value, longestName) },
    words(others === 0 ? "." : rest),
  ];
}

function tailOf({ fleet, monitor, pageUrl, kind }: Notice): readonly Line[] {
  const other = fleet.other === 0 ? "" : `, ${fleet.other} offline`;
  const counts = `${fleet.online} online, ${fleet.down} down${other} · monitor ${shownText(monitor, 128)}`;
  const told =
    kind === "first" && fleet.down > 0 ? [[words("Those that are down are not told one by one.")]] : [];
  return [...told, [words(pageUrl === null ? counts : `${counts} · ${pageUrl}`)]];
}

function subject({ subject: text, subjectKind }: NoticeItem): Span {
  const shown = shownText(text, longestName);
  return subjectKind === "bot" ? { kind: "name", text: shown } : quote(shown);
}

function words(text: string): Span {
  return { kind: "words", text };
}

function strong(text: string): Span {
  return { kind: "strong", text };
}

function quote(text: string): Span {
  return { kind: "quote", text };
}

function time(ms: number, ago: boolean): Span {
  return { kind: "time", ms, ago };
}
