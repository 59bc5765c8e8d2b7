import { wordsOf } from "../frame/plain-text.js";
import { memoryText, percentText } from "../frame/quantity-text.js";
import { spanText } from "../frame/time-text.js";
import { isRecord, listOf, textOf, timeOf } from "../link/summary.js";
import { dollarText, shareText } from "../usage/cost-text.js";

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

/** `last rss 96 MB`, `lived 5 h`, `spent $1.67`: the ending of a name is its unit. */
export function factTexts(facts: Json): readonly string[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    // A period has its name beside its ends.
    if (value === null || value === "" || /_(?:from|to)_ms$/.test(name)) return [];
    if (typeof value !== "number") return [`${wordsOf(name)} ${String(value)}`];
    const [, head = name, unit = ""] = /^(.+)_(ms|mb|pct|usd|coverage)$/.exec(name) ?? [];
    const text = unitTexts[unit]?.(value) ?? String(value);
    return [unit === "coverage" ? `${wordsOf(head)} known of ${text} of tokens` : `${wordsOf(head)} ${text}`];
  });
}

const unitTexts: Readonly<Record<string, (value: number) => string | null>> = {
  ms: spanText,
  mb: memoryText,
  pct: (pct) => `${Number.isInteger(pct) ? pct : percentText(pct)} %`,
  usd: dollarText,
  coverage: (share) => shareText(share, 1),
};
