import { resolve } from "node:path";
import type { LogFormat, LogLevel } from "../logger.js";
import { alertUrlForms, targetOfUrl } from "./alert-url.js";
import { fleetFrom } from "./fleet-address.js";
import { httpAddressFrom, httpAddressText, isHostName } from "./http-address.js";
import { listenerUrlForm, listenerUrlsFrom } from "./listener-url.js";
import { hostNameOf, monitorNameFrom } from "./monitor-name.js";
import { providerFrom, providerSchema } from "./price-shape.js";
import { publicUrlFrom } from "./public-url.js";
import { Secret } from "./secret.js";
import { type Setting, switchFrom } from "./setting.js";
import {
  ageSetting,
  countSetting,
  daysSetting,
  durationSetting,
  offDurationSetting,
  tokenSetting,
} from "./setting-kind.js";
import type { Settings } from "./settings.js";
import { socketModeFrom, socketModeText } from "./socket-mode.js";
import { defaultSocketPath, longestSocketPath, socketPathFrom } from "./socket-path.js";
import { storeFrom } from "./store-path.js";
import { hostTimeZone, isTimeZone } from "./time-zone.js";
import {
  addressSchema,
  anyCase,
  choiceSchema,
  listSchema,
  modeSchema,
  switchSchema,
  textSchema,
} from "./value-schema.js";

/**
 * As the logger has them (a test compares): importing its list would load all of it for every
 * command.
 */
const logLevels = [
  "trace",
  "debug",
  "info",
  "warn",
  "error",
  "fatal",
  "silent",
] as const satisfies LogLevel[];
const logFormats = ["auto", "pretty", "json"] as const satisfies LogFormat[];
const fleetMetrics = ["minutes", "off"] as const;
const probes = ["auto", "proc", "pidusage"] as const;

/**
 * The settings that a flag, a variable or a key can give: all but the monitor's identity and what
 * is a section of the file.
 */
export type GivenSettings = Omit<Settings, "name" | "listeners" | "alerts" | "bots" | "prices" | "budgets">;

export type SettingTable = { readonly [Name in keyof GivenSettings]: Setting<GivenSettings[Name]> };

/**
 * Every setting, once: flags, variables, keys of the config file, help, defaults, checks and the
 * table of the documentation are made from it. Its order is the order of all of these.
 */
export const settingTable: SettingTable = {
  socketPath: {
    flag: "socket",
    argument: "<path>",
    group: "Where bots connect",
    help: "Unix socket on which bots report",
    expected: `the path of a socket, not of a folder, without ~, at most ${longestSocketPath(process.platform)} bytes`,
    fallback: defaultSocketPath,
    fallbackText: defaultSocketPath(process),
    read: socketPathFrom,
    schema: textSchema("^(?!~)(?!.*/$)[^\\0]+$"),
    oldKey: "socket_path",
    nestedKey: "socket.path",
  },
  socketMode: {
    flag: "socket-mode",
    argument: "<octal>",
    group: "Where bots connect",
    help: "who may connect, as chmod takes it; 0777 lets every user of this machine report",
    expected: "permission bits in octal from 000 to 0777, such as 0660",
    fallback: () => 0o660,
    fallbackText: "0660",
    read: socketModeFrom,
    show: socketModeText,
    schema: modeSchema,
    nestedKey: "socket.mode",
  },
  socketGroup: {
    flag: "socket-group",
    argument: "<group>",
    group: "Where bots connect",
    help: "name or number of the group the socket is given to, so that its members may connect",
    expected: "the name or number of a group",
    fallback: () => null,
    fallbackText: "the monitor's own group",
    read: (text) => (/^[^\s:,\0]+$/u.test(text) ? text : undefined),
    schema: textSchema("^[^\\s:,\\0]+$"),
    example: "bots",
    nestedKey: "socket.group",
  },
  listen: {
    flag: "listen",
    argument: "<url>",
    group: "Where bots connect",
    help: "another socket, for a user of its own: unix:PATH?as=NAME&channels=PATTERN, in quotes for the shell; may be given several times",
    expected: listenerUrlForm,
    fallback: () => [],
    fallbackText: "none",
    read: listenerUrlsFrom,
    show: (urls) => (urls.length === 0 ? "none" : urls.join(",")),
    schema: listSchema(textSchema("^\\s*[Uu][Nn][Ii][Xx]:[^?\\s]")),
    example: "unix:/run/kissbot/team_a/monitor.sock?as=team_a&channels=team_a_*",
    repeatable: true,
  },
  store: {
    flag: "store",
    argument: "<url>",
    group: "What is kept",
    help: "database: a path, sqlite:PATH, or memory: to keep nothing",
    expected: "a path without ~, sqlite:PATH, or memory: (postgres: is reserved for a later version)",
    fallback: ({ workingDirectory }) => resolve(workingDirectory, "kissbot_monitor.db"),
    fallbackText: "kissbot_monitor.db in the working directory",
    read: storeFrom,
    schema: textSchema(
      `^(?:${anyCase("memory")}:|${anyCase("sqlite")}:(?!~)(?!:memory:$)[^\\0]+|(?!~)(?!:memory:$)(?![A-Za-z][A-Za-z0-9+.-]+:)[^\\0]+)$`,
    ),
    example: "/var/lib/kissbot/kissbot_monitor.db",
  },
  retentionDays: daysSetting("retention-days", {
    help: "how many days each measurement of CPU and memory is kept (averages are kept for longer); or forever",
    fallback: 7,
    oldKey: "data_retention_days",
    nestedKey: "retention.metrics_days",
  }),
  minuteRetentionDays: daysSetting("minute-retention-days", {
    help: "how many days averages of CPU and memory by the minute are kept; or forever",
    fallback: 30,
    nestedKey: "retention.minute_days",
  }),
  hourRetentionDays: daysSetting("hour-retention-days", {
    help: "how many days averages of CPU and memory by the hour are kept; or forever",
    fallback: 400,
    nestedKey: "retention.hour_days",
  }),
  customRetentionDays: daysSetting("custom-retention-days", {
    help: "how many days each value of a custom metric is kept (they have no averages); or forever",
    fallback: 30,
    nestedKey: "retention.custom_days",
  }),
  statusRetentionDays: daysSetting("status-retention-days", {
    help: "how many days each change of a bot's status and each run of the monitor is kept; or forever",
    fallback: 400,
    nestedKey: "retention.status_days",
  }),
  usageRetentionDays: daysSetting("usage-retention-days", {
    help: "how many days each LLM call is kept (sums per hour stay); or forever",
    fallback: null,
    nestedKey: "retention.usage_days",
  }),
  forgetAfterMs: offDurationSetting("forget-after", {
    group: "What is kept",
    help: "after how long a bot is forgotten that is not online; its history and usage stay",
    leastMs: 60_000,
    mostMs: 3_650 * 86_400_000,
    example: "30d",
  }),
  fleet: {
    flag: "fleet",
    argument: "<url>",
    group: "Several hosts",
    help: "PostgreSQL database to which this host sends what it keeps, so that several hosts are seen as one; its password belongs into a file",
    expected: "postgres://USER@HOST:PORT/DATABASE; in a password @ is %40, / is %2F, # is %23, ? is %3F",
    fallback: () => null,
    fallbackText: "none",
    read: fleetFrom,
    show: (fleet) => fleet?.shown ?? "none",
    schema: textSchema("^\\s*[Pp][Oo][Ss][Tt][Gg][Rr][Ee][Ss]([Qq][Ll])?://[^\\s]*\\s*$"),
    example: "postgres://kissbot_writer@db.example.org/kissbot",
    secret: true,
  },
  fleetPasswordFile: {
    flag: "fleet-password-file",
    argument: "<path>",
    group: "Several hosts",
    help: "file with the password of that database, read anew at each connection; else PGPASSWORD, or the file of PGPASSFILE or ~/.pgpass",
    expected: "the path of a file, without ~",
    fallback: () => null,
    fallbackText: "none",
    read: (text, { workingDirectory }) =>
      text === "" || text.startsWith("~") || text.includes("\0")
        ? undefined
        : resolve(workingDirectory, text),
    schema: textSchema("^(?!~)[^\\0]+$"),
    example: "/run/secrets/fleet",
  },
  fleetRowsPerSecond: countSetting("fleet-rate", {
    group: "Several hosts",
    help: "how many rows a second of a backlog are sent to that database; rows of now are not held up",
    fallback: 20_000,
    most: 10_000_000,
  }),
  fleetMetrics: {
    flag: "fleet-metrics",
    argument: "<what>",
    group: "Several hosts",
    help: "whether CPU and memory are sent to that database, as sums by minute and hour; off keeps them on this host",
    expected: "minutes or off",
    fallback: () => "minutes",
    fallbackText: "minutes",
    read: (text) => fleetMetrics.find((one) => one === text.trim().toLowerCase()),
    schema: { anyOf: [choiceSchema(fleetMetrics, { ignoreCase: true }), { const: false }] },
  },
  fleetMostAgeMs: ageSetting("fleet-since", {
    group: "Several hosts",
    help: "how old rows may be that are sent to that database: older ones, when it connects, stay on this host",
    leastMs: 60_000,
    mostMs: 3_650 * 86_400_000,
  }),
  mayLeadFleet: {
    flag: "fleet-lead",
    argument: "<switch>",
    group: "Several hosts",
    help: "whether this monitor may be the one that tells of silent hosts",
    expected: "on or off",
    fallback: () => true,
    fallbackText: "on",
    read: switchFrom,
    show: (value) => (value ? "on" : "off"),
    schema: switchSchema,
    offFlag: "no-fleet-lead",
    offHelp: "another host tells of silent hosts",
  },
  http: {
    flag: "http",
    argument: "<address>",
    group: "HTTP",
    help: "HOST:PORT for the API, metrics and health, a PORT alone for 127.0.0.1, or off; beyond loopback it needs --http-token",
    expected: "HOST:PORT such as 127.0.0.1:7788 or [::1]:7788, a PORT from 0 to 65535, or off",
    fallback: () => ({ host: "127.0.0.1", port: 7788 }),
    fallbackText: "127.0.0.1:7788",
    read: (text) => (/^(?:off|none|false|no)$/i.test(text) ? null : httpAddressFrom(text)),
    show: (address) => (address === null ? "off" : httpAddressText(address)),
    schema: addressSchema,
    nestedKey: "http.address",
    offFlag: "no-http",
  },
  httpToken: tokenSetting("http-token", {
    help: "what requests must bring as a bearer token; on a command line every user can read it (ps), so prefer the variable or the config file",
    example: "a-long-random-text",
    nestedKey: "http.token",
  }),
  httpWriteToken: tokenSetting("http-write-token", {
    help: "what requests must bring that change something, while --http-token only lets read; without it nothing is changed over HTTP",
    example: "another-long-random-text",
    nestedKey: "http.write_token",
  }),
  httpAllowedHosts: {
    flag: "http-allowed-host",
    argument: "<name>",
    group: "HTTP",
    help: "another name under which HTTP may be asked, such as that of a reverse proxy; may be given several times",
    expected: "names of hosts without a port, such as monitor.example.org",
    fallback: () => [],
    fallbackText: "none",
    read: hostsFrom,
    show: (names) => (names.length === 0 ? "none" : names.join(",")),
    schema: listSchema(textSchema("^\\s*[^\\s/,]+\\s*(?:,\\s*[^\\s/,]+\\s*)*$")),
    example: "[monitor.example.org]",
    nestedKey: "http.allowed_host",
    repeatable: true,
  },
  displayName: {
    flag: "name",
    argument: "<name>",
    group: "Where people look",
    help: "what this monitor is called in the API and by status",
    expected: "a name of 1 to 128 characters on one line",
    fallback: hostNameOf,
    fallbackText: "the name of the host",
    read: monitorNameFrom,
    schema: textSchema("^\\s*[^\\s](?:.{0,126}[^\\s])?\\s*$"),
    example: "bots-1",
  },
  publicUrl: {
    flag: "public-url",
    argument: "<url>",
    group: "Where people look",
    help: "where people open the page, such as the address of a reverse proxy; notices link to it",
    expected: "an address such as https://monitor.example.org/bots, without user, query and fragment",
    fallback: () => null,
    fallbackText: "none",
    read: publicUrlFrom,
    schema: textSchema("^\\s*[Hh][Tt][Tt][Pp][Ss]?://[^\\s?#]+\\s*$"),
    example: "https://monitor.example.org",
  },
  timezone: {
    flag: "timezone",
    argument: "<zone>",
    group: "Where people look",
    help: "the time zone of notices and of windows in which nothing is told",
    expected: "a time zone such as Europe/Berlin or UTC",
    fallback: hostTimeZone,
    fallbackText: "the host's",
    read: (text) => (isTimeZone(text) ? text : undefined),
    schema: textSchema("^[A-Za-z][A-Za-z0-9_+/-]*$"),
    example: "Europe/Berlin",
  },
  alertUrl: {
    flag: "alert-url",
    argument: "<url>",
    group: "Where people look",
    help: "who is told of alerts; on a command line every user can read it (ps), so prefer the variable or the config file",
    expected: alertUrlForms,
    fallback: () => null,
    fallbackText: "nobody",
    read: (text) => {
      const url = Secret.ofValue(text);
      return targetOfUrl(text, url) === undefined ? undefined : url;
    },
    schema: textSchema("^[A-Za-z]+:[^\\s]+$"),
    example: "https://discord.com/api/webhooks/ID/TOKEN",
    secret: true,
  },
  defaultProvider: {
    flag: "default-provider",
    argument: "<name>",
    group: "What calls cost",
    help: "who sells the models that bots name no provider for, where the name alone does not tell",
    expected: "the name of a provider, such as openrouter",
    fallback: () => null,
    fallbackText: "none",
    read: providerFrom,
    schema: providerSchema,
    example: "openrouter",
  },
  staleTimeoutMs: durationSetting("stale-timeout", {
    help: "after how long without a heartbeat a bot is stale (at least 2.5 times the interval that the bot itself announces)",
    fallbackMs: 60_000,
    leastMs: 100,
    mostMs: 30 * 86_400_000,
  }),
  metricsIntervalMs: durationSetting("metrics-interval", {
    help: "how often each bot's process is measured",
    fallbackMs: 15_000,
    leastMs: 100,
    mostMs: 86_400_000,
  }),
  probe: {
    flag: "probe",
    argument: "<kind>",
    group: "How bots are judged",
    help: "how processes are looked at: proc reads /proc (Linux), pidusage works everywhere but tells less, auto takes proc where it can",
    expected: "auto, proc or pidusage",
    fallback: () => "auto",
    fallbackText: "auto",
    read: (text) => probes.find((kind) => kind === text),
    schema: choiceSchema(probes),
  },
  queueLimit: countSetting("queue-limit", {
    help: "how many usage and metric rows may wait for the database before the oldest are dropped and counted",
    fallback: 100_000,
    most: 100_000_000,
    nestedKey: "queue.limit",
  }),
  queueBytes: countSetting("queue-bytes", {
    help: "how many bytes those rows may take, as estimated; whichever bound is met first holds",
    fallback: 67_108_864,
    most: 1_099_511_627_776,
    nestedKey: "queue.bytes",
  }),
  storeRowsPerSecond: countSetting("store-rows-per-second", {
    help: "how many usage and metric rows a second the database takes; the rates of all listeners together may not be more",
    fallback: 10_000,
    most: 10_000_000,
  }),
  maxBots: countSetting("max-bots", {
    help: "how many bots the monitor remembers; when full, it forgets those that left longest ago for new ones; if none left, the new ones are dropped and counted",
    fallback: 100_000,
    most: 10_000_000,
  }),
  logLevel: {
    flag: "log-level",
    argument: "<level>",
    group: "Other",
    help: `what is logged to stderr: ${logLevels.join(", ")}`,
    expected: logLevels.join(", "),
    fallback: () => "info",
    fallbackText: "info",
    read: (text): LogLevel | undefined => logLevels.find((level) => level === text.toLowerCase()),
    schema: choiceSchema(logLevels, { ignoreCase: true }),
    nestedKey: "log.level",
  },
  logFormat: {
    flag: "log-format",
    argument: "<format>",
    group: "Other",
    help: "how the log is written: pretty for people, json for programs, auto for pretty on a terminal and json elsewhere",
    expected: logFormats.join(", "),
    fallback: () => "auto",
    fallbackText: "auto",
    read: (text): LogFormat | undefined => logFormats.find((format) => format === text.toLowerCase()),
    schema: choiceSchema(logFormats, { ignoreCase: true }),
    nestedKey: "log.format",
  },
};

function hostsFrom(text: string): readonly string[] | undefined {
  const names = text.split(",").map((name) => name.trim().toLowerCase());
  const isHost = (name: string) => isHostName(name) || httpAddressFrom(`${name}:0`) !== undefined;
  return names.every(isHost) ? [...new Set(names)] : undefined;
}
