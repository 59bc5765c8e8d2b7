import { wordsOf } from "../frame/plain-text.js";
import { memoryText, percentText } from "../frame/quantity-text.js";
import { spanText } from "../frame/time-text.js";
import { isRecord, listOf, textOf, timeOf } from "../link/summary.js";

type Json = Readonly<Record<string, unknown>>;

/** An alert that is open. */
export interface Alert {
  readonly id: string;
  readonly rule: string;
  readonly subject: string;
  /** The subject is a channel. */
  readonly isBot: boolean;
  readonly severity: string;
  readonly sinceMs: number | null;
  readonly cause: string;
  readonly facts: readonly string[];
  /** Who knows of it, and why nothing has to be done. */
  readonly ack: { readonly by: string; readonly why: string } | null;
  readonly told: readonly {
    readonly receiver: string;
    readonly phase: string;
    readonly atMs: number | null;
  }[];
}

const severities = ["critical", "warning", "info"];

/**
 * From an answer of /api/v1/alerts: the worst first, then what nobody acknowledged, then the
 * newest.
 */
export function alertsFrom(answer: unknown): readonly Alert[] {
  const alerts = listOf(answer).map(alertFrom);
  const rankOf = ({ severity, ack }: Alert) => severities.indexOf(severity) * 2 + (ack === null ? 0 : 1);
  return alerts.sort((a, b) => rankOf(a) - rankOf(b) || (b.sinceMs ?? 0) - (a.sinceMs ?? 0));
}

function alertFrom(json: Json): Alert {
  const { ack, facts } = json;
  return {
    id: textOf(json["alert_id"]) ?? "",
    rule: textOf(json["rule"]) ?? "",
    subject: textOf(json["subject"]) ?? "",
    isBot: json["subject_kind"] === "bot",
    severity: textOf(json["severity"]) ?? "",
    sinceMs: timeOf(json["since"]),
    cause: textOf(json["cause"]) ?? "",
    facts: factTexts(isRecord(facts) ? facts : {}),
    ack: isRecord(ack) ? { by: textOf(ack["by"]) ?? "", why: textOf(ack["why"]) ?? "" } : null,
    told: listOf(json["told"]).map((tell) => ({
      receiver: textOf(tell["receiver"]) ?? "",
      phase: textOf(tell["phase"]) ?? "",
      atMs: timeOf(tell["at"]),
    })),
  };
}

/** `last rss 96 MB`, `lived 5 h`: the ending of a name is its unit. */
export function factTexts(facts: Json): readonly string[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    if (value === null || value === "") return [];
    const [, head = name, unit] = /^(.+)_(ms|mb|pct)$/.exec(name) ?? [];
    if (typeof value !== "number" || unit === undefined) return [`${wordsOf(name)} ${String(value)}`];
    const text =
      unit === "ms" ? spanText(value) : unit === "mb" ? memoryText(value) : `${percentText(value)} %`;
    return [`${wordsOf(head)} ${text}`];
  });
}
