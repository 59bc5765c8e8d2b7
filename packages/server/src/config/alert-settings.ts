import type { Secret } from "./secret.js";

export type Severity = "info" | "warning" | "critical";

export const severities = ["info", "warning", "critical"] as const satisfies readonly Severity[];

/** When whom is told what. Durations are milliseconds. */
export interface AlertSettings {
  /** An IANA zone: `--timezone`, else the host's. */
  readonly timezone: string;
  /** In the order of the file; the one of `--alert-url` comes first and is named `default`. */
  readonly receivers: readonly ReceiverSettings[];
  /** By the name of the rule. One that is absent has its defaults. */
  readonly rules: Readonly<Record<string, RuleSettings>>;
  readonly windows: readonly WindowSettings[];
  /** How long news wait for company, and the least time between two notices to a receiver. */
  readonly groupWaitMs: number;
  readonly groupIntervalMs: number;
  /**
   * `at` is HH:MM in `timezone`; null: no daily reminder. `weekly`: whether Mondays say that
   * nothing is wrong.
   */
  readonly reminder: { readonly at: string | null; readonly weekly: boolean };
  readonly deadman: { readonly url: Secret; readonly everyMs: number } | null;
}

/** Who is told, of what, and when. Null: no limit, or no such thing. */
export interface ReceiverSettings {
  readonly name: string;
  readonly target: ReceiverTarget;
  readonly only: readonly Severity[] | null;
  readonly rules: readonly string[] | null;
  /** Patterns of channels, in which `*` stands for any text. */
  readonly bots: readonly string[] | null;
  readonly labels: Readonly<Record<string, string>> | null;
  /** Only what is still open, and not acknowledged, after this. */
  readonly afterMs: number | null;
  /** Reminds of what is open, and not acknowledged, each time this is over. */
  readonly repeatMs: number | null;
  /** The receiver that is told when this one is broken. */
  readonly fallback: string | null;
  readonly mention: Readonly<Partial<Record<Severity, readonly string[]>>>;
}

/**
 * Where and how a receiver is reached. `ca`: a file of certificates to trust beside the known ones.
 */
export type ReceiverTarget =
  | { readonly kind: "discord"; readonly url: Secret; readonly ca: string | null }
  | { readonly kind: "slack"; readonly url: Secret; readonly ca: string | null }
  | {
      readonly kind: "webhook";
      readonly url: Secret;
      /** What notices are signed with; null: they are not. */
      readonly secret: Secret | null;
      readonly ca: string | null;
    }
  | {
      readonly kind: "exec";
      readonly command: readonly string[];
      /** Variables that it gets although they hold secrets, or settings of the monitor. */
      readonly env: readonly string[];
    }
  | {
      readonly kind: "telegram";
      readonly token: Secret;
      readonly chatId: string;
      /** Where the Bot API is, without a slash at its end. */
      readonly apiUrl: string;
      readonly ca: string | null;
    }
  | {
      readonly kind: "ntfy";
      /** The server and the topic, as ntfy shows it. */
      readonly url: Secret;
      readonly token: Secret | null;
      readonly ca: string | null;
    }
  | MailTarget
  | {
      readonly kind: "pagerduty";
      readonly routingKey: Secret;
      /** Where events are sent, without the path of the API. */
      readonly apiUrl: string;
      readonly ca: string | null;
    };

export interface MailTarget {
  readonly kind: "mail";
  readonly host: string;
  readonly port: number;
  readonly tls: "starttls" | "implicit" | "none";
  readonly user: string | null;
  readonly password: Secret | null;
  readonly from: string;
  readonly to: readonly string[];
  readonly ca: string | null;
}

/** Null: the rule's default. */
export interface RuleSettings {
  readonly enabled: boolean;
  readonly forMs: number | null;
  readonly holdMs: number | null;
  readonly above: number | null;
  readonly below: number | null;
  readonly clear: number | null;
  readonly least: number | null;
  readonly leastPct: number | null;
  readonly metric: string | null;
  /** Patterns of the LLM calls that a rule is about. */
  readonly models: readonly string[] | null;
  readonly features: readonly string[] | null;
  readonly bots: readonly string[] | null;
  readonly severity: Severity | null;
}

/** A time in which nothing is told. Either `cron`, or `at` on some days (null: every day). */
export interface WindowSettings {
  readonly bots: readonly string[];
  readonly rules: readonly string[] | null;
  /** Days: `sat`, `sun`, ...; null is every day. */
  readonly every: readonly string[] | null;
  /** `02:30`; null is midnight. */
  readonly at: string | null;
  /** Instead of days and time: five or six fields of cron. */
  readonly cron: string | null;
  readonly forMs: number;
  /** IANA; null: the monitor's. */
  readonly timezone: string | null;
  readonly why: string;
}
