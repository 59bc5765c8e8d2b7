import { type Clock, systemClock } from "../clock.js";
import type { Bot } from "../registry/bot.js";
import { causeCodes } from "../registry/cause-code.js";
import type { Transition } from "../registry/transition.js";
import { BotText, type WordsOn } from "./bot-text.js";
import {
  amountSchema,
  countSchema,
  mapSchema,
  objectSchema,
  orNull,
  statusSchema,
  textSchema,
  timeSchema,
} from "./schema.js";
import { hostProperties, withOptional } from "./scope.js";
import { timestampFromMs } from "./timestamp.js";

/**
 * Bots and their changes of status as JSON text, the same in lists, single answers and the stream.
 * The text of a bot is kept for all readers: with ten thousand bots, a few hundred of which beat
 * each second, most of a list is ready (measured: `pnpm bench ablation`, `kept-json`).
 */
export class FleetJson {
  #texts = new WeakMap<Bot, BotText>();
  readonly #nowMs: () => number;
  readonly #wordsOn: WordsOn;

  /** `wordsOn`: what the operator says of a bot; nothing, if not given. */
  constructor(clock: Pick<Clock, "wallMs"> = systemClock, wordsOn: WordsOn = () => null) {
    this.#nowMs = () => clock.wallMs();
    this.#wordsOn = wordsOn;
  }

  /** The operator says something else of the bots now. */
  wordsChanged(): void {
    this.#texts = new WeakMap();
  }

  bot(bot: Bot): string {
    let known = this.#texts.get(bot);
    if (known === undefined) {
      known = new BotText(bot, this.#nowMs, this.#wordsOn);
      this.#texts.set(bot, known);
    }
    return known.text;
  }

  transition({ tsMs, channel, pid, from, to, cause, ...why }: Transition): string {
    return JSON.stringify({
      ts: timestampFromMs(tsMs),
      channel,
      pid,
      from_status: from,
      to_status: to,
      cause,
      cause_code: why.causeCode,
      previous_pid: why.previousPid,
      lived_ms: why.livedMs,
      trouble: why.trouble ?? null,
    });
  }
}

const described = <S extends object>(schema: S, description: string): S & { description: string } => ({
  ...schema,
  description,
});

const pidSchema = { type: "integer", minimum: 1 };

/** Why a status changed, beside the sentence for people. */
const whyProperties = {
  cause_code: described({ type: "string", enum: causeCodes }, "Why, for programs."),
  previous_pid: described(
    orNull(pidSchema),
    "The process whose place this one took with the change; null where it took none.",
  ),
  lived_ms: described(
    orNull(amountSchema),
    "How long the process lived that ended with the change; null where none did, or it is not known.",
  ),
};

const ownBotSchema = objectSchema({
  channel: textSchema,
  principal: described(
    orNull(textSchema),
    "Whose it is: local, or the principal of a configured listener; null for a bot of another host.",
  ),
  pid: pidSchema,
  status: described(
    { type: "string", enum: [...statusSchema.enum, "unknown"] },
    "online; stale: it missed its heartbeats; dead: its process is gone; offline: it said goodbye; unknown: it is on another host, which does not say how it is.",
  ),
  status_since: described(orNull(timeSchema), "When it came into this status."),
  status_cause: described(textSchema, "Why, in a few words for people."),
  ...whyProperties,
  features: mapSchema({ type: "boolean" }, "What the bot said it has switched on or off."),
  registered_at: described(orNull(timeSchema), "When this process registered, or was adopted."),
  last_seen: described(orNull(timeSchema), "When it was last heard."),
  cpu_pct: described(orNull(amountSchema), "100 is one core."),
  rss_mb: described(orNull(amountSchema), "Resident memory, bytes / 1 048 576."),
  measured_at: described(orNull(timeSchema), "When cpu_pct and rss_mb were measured."),
  last_cpu_pct: described(
    orNull(amountSchema),
    "The last cpu_pct that was known, also of a process that is gone.",
  ),
  last_rss_mb: described(
    orNull(amountSchema),
    "The last rss_mb that was known, also of a process that is gone.",
  ),
  uptime_s: described(
    orNull(countSchema),
    "How long the process has been running; null for one that ended, and where its start is not known.",
  ),
  restarts: described(countSchema, "How often a process of this bot ended without a goodbye."),
  restarts_1h: described(
    orNull(countSchema),
    "Those of the last hour, by the minute; null for a bot of another host.",
  ),
  crash_loop: described(
    orNull({ type: "boolean" }),
    "At least three such ends came within 10 minutes, and the last one is not 10 minutes ago; null for a bot of another host.",
  ),
  crashes_10m: described(
    orNull(countSchema),
    "Those of the last 10 minutes, rounded up to whole minutes; null for a bot of another host.",
  ),
  crash_life_ms: described(
    orNull(amountSchema),
    "How long its processes live that end so: the middle one of the last lives that are known, at most five.",
  ),
  started_at: described(orNull(timeSchema), "When the process started."),
  process_seen: described({ type: "boolean" }, "Whether the monitor saw the process itself."),
  trouble: described(
    orNull(textSchema),
    "Why the bot does not work although it is alive, in its own words; null where it says nothing of that, and once its process has ended.",
  ),
  trouble_since: described(orNull(timeSchema), "Since when it says so, whatever the words were."),
  version: described(orNull(textSchema), "Of the bot."),
  interval_s: described(orNull(amountSchema), "How often the bot says that it beats."),
  conflict: {
    ...objectSchema({ pid: pidSchema, principal: textSchema, since: orNull(timeSchema) }),
    type: ["object", "null"],
    description: "Another live process that claims this channel, and for which principal.",
  },
  client_dropped: described(
    orNull(countSchema),
    "Usage and metric lines that this process's client says it lost; null for a bot of another host.",
  ),
  note: described(orNull(textSchema), "What the operator says of it in the config file."),
  runbook: described(
    orNull(textSchema),
    "The page that says what to do when it is down, as the operator wrote it: http or https.",
  ),
  labels: mapSchema(textSchema, "What the operator calls it by, for choosing bots."),
});

/** Of an own bot where no fleet database is set, the last four members are not there. */
export const botSchema = withOptional(ownBotSchema, {
  ...hostProperties,
  reported_status: described(statusSchema, "What its host said last. Only where a fleet database is set."),
  as_of: described(timeSchema, "When its host said so. Only where a fleet database is set."),
});

/** A change of status as the stream sends it; the history adds an `id`. */
export const transitionProperties = {
  ts: timeSchema,
  channel: textSchema,
  pid: pidSchema,
  from_status: described(orNull(statusSchema), "Null for a bot's first."),
  to_status: statusSchema,
  cause: described(textSchema, "Why, in a few words for people."),
  ...whyProperties,
  trouble: described(
    orNull(textSchema),
    "Where cause_code is in_trouble, what the bot says; null in every other event.",
  ),
};
