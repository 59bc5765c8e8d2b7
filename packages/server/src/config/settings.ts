import type { PriceEntry } from "../cost/price-entry.js";
import type { LogFormat, LogLevel } from "../logger.js";
import type { AlertSettings } from "./alert-settings.js";
import type { BotWords } from "./bot-words.js";
import type { BudgetSettings } from "./budget-settings.js";
import type { FleetAddress } from "./fleet-address.js";
import type { ListenerSettings } from "./listener-settings.js";
import type { Secret } from "./secret.js";

/**
 * Everything that can be set, checked and filled in. Durations are milliseconds here, whatever a
 * flag's unit is.
 */
export interface Settings {
  /**
   * This monitor's identity in its database: the name of its host. Its batches carry it as their
   * producer. 1 or more characters.
   */
  readonly name: string;
  /** What people call this monitor: the name of its host. `--name` */
  readonly displayName: string;
  /**
   * The address of the page without a slash at its end, for links in notices; null: none.
   * `--public-url`
   */
  readonly publicUrl: string | null;
  /** The zone in which times are told: an IANA name. `--timezone` */
  readonly timezone: string;
  /** One URL that is told of alerts; null: none. `--alert-url` */
  readonly alertUrl: Secret | null;
  /** The section `alerts:` of the config file with the receiver of `--alert-url`. */
  readonly alerts: AlertSettings;
  /** The section `bots:` of the config file: what the operator says of bots, in its order. */
  readonly bots: readonly BotWords[];
  /**
   * The section `prices:` of the config file: what the operator says that calls cost, in its order.
   */
  readonly prices: readonly PriceEntry[];
  /**
   * Who sells what bots name no provider for, where the model's name alone does not tell; null:
   * nobody is taken for it. `--default-provider`
   */
  readonly defaultProvider: string | null;
  /** The section `budgets:` of the config file: how much LLM calls may cost, in its order. */
  readonly budgets: readonly BudgetSettings[];
  /** Absolute path of the Unix socket (on Windows a pipe's name). `--socket` */
  readonly socketPath: string;
  /** Permission bits, 0o660. `--socket-mode` */
  readonly socketMode: number;
  /** A group's name or number that the socket is given to; null leaves it. `--socket-group` */
  readonly socketGroup: string | null;
  /**
   * Further sockets as they were given, `unix:PATH?as=NAME&channels=PATTERN`. `--listen`,
   * repeatable
   */
  readonly listen: readonly string[];
  /** The section `listeners:` of the config file, then those of `--listen`. */
  readonly listeners: readonly ListenerSettings[];
  /**
   * The absolute path of the database, `kissbot_monitor.db` in the working directory, or `memory:`.
   * `--store`
   */
  readonly store: string;
  /** The database of several hosts that this one sends to; null: none. `--fleet` */
  readonly fleet: FleetAddress | null;
  /** The file with its password, which `fleet` names too; null: none. `--fleet-password-file` */
  readonly fleetPasswordFile: string | null;
  /** How many rows of a backlog are sent to it in a second, 20 000. `--fleet-rate` */
  readonly fleetRowsPerSecond: number;
  /** Whether samples of CPU and memory are sent, as sums by minute and hour. `--fleet-metrics` */
  readonly fleetMetrics: "minutes" | "off";
  /** Rows that are older when it connects are not sent; null: all are. `--fleet-since` */
  readonly fleetMostAgeMs: number | null;
  /** Whether this monitor may lead among the hosts. `--fleet-lead`, `--no-fleet-lead` */
  readonly mayLeadFleet: boolean;
  /** Null: no HTTP. `--http`, `--no-http` */
  readonly http: { readonly host: string; readonly port: number } | null;
  /** What requests must bring as a bearer token; null: none is asked for. `--http-token` */
  readonly httpToken: string | null;
  /**
   * What requests must bring that change something; null: nothing is changed over HTTP.
   * `--http-write-token`
   */
  readonly httpWriteToken: string | null;
  /**
   * Names beside loopback and the bound address under which it may be asked. `--http-allowed-host`,
   * repeatable
   */
  readonly httpAllowedHosts: readonly string[];
  /** 15 000. `--metrics-interval` */
  readonly metricsIntervalMs: number;
  /** 60 000. `--stale-timeout` */
  readonly staleTimeoutMs: number;
  /** Raw metrics, 7; null is for ever. `--retention-days` */
  readonly retentionDays: number | null;
  /** Averages by the minute, 30; null is for ever. `--minute-retention-days` */
  readonly minuteRetentionDays: number | null;
  /** Averages by the hour, 400; null is for ever. `--hour-retention-days` */
  readonly hourRetentionDays: number | null;
  /** Values of custom metrics, 30; null is for ever. `--custom-retention-days` */
  readonly customRetentionDays: number | null;
  /** Changes of status, 400; null is for ever. `--status-retention-days` */
  readonly statusRetentionDays: number | null;
  /** Usage rows; null, the default, is for ever. `--usage-retention-days` */
  readonly usageRetentionDays: number | null;
  /** After how long a bot is forgotten that is not online; null: never. */
  readonly forgetAfterMs: number | null;
  /** Waiting rows, 100 000. `--queue-limit` */
  readonly queueLimit: number;
  /** What they may take, 64 MiB. `--queue-bytes` */
  readonly queueBytes: number;
  /** What the rates of all listeners may come to, 10 000. `--store-rows-per-second` */
  readonly storeRowsPerSecond: number;
  /** 100 000. `--max-bots` */
  readonly maxBots: number;
  /** `auto`: /proc on Linux, pidusage elsewhere. `--probe` */
  readonly probe: "auto" | "proc" | "pidusage";
  /** `info`. `--log-level` */
  readonly logLevel: LogLevel;
  /** `auto`: for people where standard error is a terminal, else JSON. `--log-format` */
  readonly logFormat: LogFormat;
}
