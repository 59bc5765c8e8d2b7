import { Cron } from "croner";
import { quotedText } from "../quoted-text.js";
import { channelPattern, ruleName, rulesShape } from "./alert-rule-shape.js";
import type { AlertSettings, ReceiverSettings, WindowSettings } from "./alert-settings.js";
import { isWebAddress, webAddress } from "./alert-url.js";
import { mapping } from "./mapping.js";
import { nearestName } from "./nearest-name.js";
import { receiverName, receiverShape } from "./receiver-shape.js";
import {
  duration,
  eitherOf,
  flag,
  listOf,
  made,
  oneOf,
  recordOf,
  type Shape,
  scalar,
  textOf,
} from "./shape.js";
import { zone } from "./zone-shape.js";

const hour = 3_600_000;
const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const timeOfDay = "(?:[01][0-9]|2[0-3]):[0-5][0-9]";

const clockTime = textOf(`^${timeOfDay}$`, 'a time of day such as "03:00"');
const cronField = "[-*/,0-9A-Za-z#L]+";
const cronForm = `^${cronField}(?: ${cronField}){4,5}$`;
const cron = scalar({
  expected: 'five cron fields of a time that exists, such as "0 3 * * sun"',
  schema: { type: "string", pattern: cronForm },
  from: (text) => (new RegExp(cronForm).test(text) && exists(text) ? text : undefined),
});

/** Not `0 3 * * 8`, nor the 30th of February. */
function exists(line: string): boolean {
  try {
    return new Cron(line, { timezone: "UTC", paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}

const windowShape: Shape<WindowSettings> = made(
  mapping({
    bots: { shape: listOf(channelPattern), help: "The bots that are not spoken of.", required: true },
    rules: { shape: listOf(ruleName), help: "Only these rules." },
    every: { shape: listOf(oneOf(days)), help: "The days of the week; each day, if not given." },
    at: { shape: clockTime, help: "When it begins." },
    cron: { shape: cron, help: "When it begins, as cron says it, in the place of every and at." },
    for: { shape: duration(60_000, 7 * 24 * hour), help: "How long it lasts.", required: true },
    timezone: { shape: zone, help: "Its time zone; monitoring.timezone, if not given." },
    why: {
      shape: textOf("^[^\\0]{1,256}$", "the reason, 1 to 256 characters"),
      help: "The reason, which notices repeat.",
      required: true,
    },
  }),
  (given, fault) => {
    const { at = null, cron: line = null, every = null } = given;
    if (line !== null && (at !== null || every !== null))
      return fault("expected cron, or at and every, not both");
    if (line === null && at === null) return fault("expected the key at or cron; there is none");
    const { bots, rules = null, timezone = null, for: forMs, why } = given;
    return { bots, rules, every, at, cron: line, forMs, timezone, why };
  },
);

type Reminder = AlertSettings["reminder"];

const reminderShape: Shape<Reminder> = eitherOf(
  scalar({
    expected: 'a time of day such as "09:00", or off',
    schema: { anyOf: [{ type: "string", pattern: `^(?:off|${timeOfDay})$` }, { const: false }] },
    from: (text): Reminder | undefined => {
      if (/^(?:off|false|no)$/i.test(text)) return { at: null, weekly: false };
      return new RegExp(`^${timeOfDay}$`).test(text) ? { at: text, weekly: true } : undefined;
    },
  }),
  made(
    mapping({
      at: { shape: clockTime, help: "When the daily reminder is sent; 09:00, if not given." },
      weekly: { shape: flag, help: "Whether Mondays say that nothing is wrong." },
    }),
    ({ at = "09:00", weekly = true }): Reminder => ({ at, weekly }),
  ),
);

const deadmanShape = made(
  mapping(
    { every: { shape: duration(10_000, hour), help: "How often; 60 s, if not given." } },
    {
      url: {
        help: "What is asked with POST while all is well.",
        expected: webAddress,
        isSound: isWebAddress,
        required: true,
      },
    },
  ),
  ({ url, every = 60_000 }) => ({ url, everyMs: every }),
);

/** Who receives what is checked where all receivers are known. */
const receiversShape: Shape<readonly ReceiverSettings[]> = made(
  recordOf(receiverShape, receiverName),
  (found, fault) => {
    const names = [...found.keys()];
    for (const [name, { fallback }] of found) {
      if (fallback === null || fallback === "default" || names.includes(fallback)) {
        if (fallback === name) return fault("expected another receiver than itself", name, "fallback");
        continue;
      }
      const near = nearestName(fallback, names);
      const advice = near === undefined ? `expected one of ${names.join(", ")}` : `did you mean ${near}?`;
      return fault(`there is no receiver ${quotedText(fallback)}: ${advice}`, name, "fallback");
    }
    return [...found].map(([name, settings]) => ({ name, ...settings }));
  },
);

/** The section `alerts:`, without what stands outside of it. */
export const alertShape: Shape<Omit<AlertSettings, "timezone">> = made(
  mapping({
    receivers: { shape: receiversShape, help: "Who is told, by name." },
    rules: { shape: rulesShape, help: "When an alert opens and ends, by rule." },
    windows: { shape: listOf(windowShape), help: "Times in which nothing is told." },
    group_wait: { shape: duration(0, hour), help: "How long news wait for company; 20 s, if not given." },
    group_interval: {
      shape: duration(0, 24 * hour),
      help: "The least time between two notices to a receiver; 60 s, if not given.",
    },
    reminder: { shape: reminderShape, help: "When the daily reminder of all that is open is sent." },
    deadman: { shape: deadmanShape, help: "A dead-man switch, which misses a monitor that is gone." },
  }),
  (given) => ({
    receivers: given.receivers ?? [],
    rules: given.rules ?? {},
    windows: given.windows ?? [],
    groupWaitMs: given.group_wait ?? 20_000,
    groupIntervalMs: given.group_interval ?? 60_000,
    reminder: given.reminder ?? { at: "09:00", weekly: true },
    deadman: given.deadman ?? null,
  }),
);

export const quietAlerts: Omit<AlertSettings, "timezone"> = {
  receivers: [],
  rules: {},
  windows: [],
  groupWaitMs: 20_000,
  groupIntervalMs: 60_000,
  reminder: { at: "09:00", weekly: true },
  deadman: null,
};
