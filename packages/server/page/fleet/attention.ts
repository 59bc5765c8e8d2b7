import { type WhyFacts, whyOf } from "../bot/why.js";
import { amountOf } from "../frame/quantity-text.js";
import { spanText } from "../frame/time-text.js";
import type { Bot } from "./bot.js";
import { platformOf } from "./grouping.js";
import { type Condition, conditionOf, conditionSinceMs, needsAttention } from "./worst-first.js";

/** One line of the list of what needs attention: a bot, or several with one cause. */
export interface Attention {
  readonly key: string;
  readonly condition: Condition;
  /** In the order of the list; at least one. */
  readonly bots: readonly Bot[];
  /** For several: `12 bots of process 4711`. */
  readonly title: string;
  readonly why: string;
  readonly sinceMs: number | null;
}

const leastTogether = 3;
const leastShare = 0.2;
const togetherMs = 10_000;

/**
 * What somebody must look at, in the order of `bots`, which is the worst first. Bots of one dead
 * process are one line; so are at least three and a fifth of a platform that fell silent within 10
 * s.
 */
export function attentionOf(bots: readonly Bot[], facts: WhyFacts): readonly Attention[] {
  const sizes = platformSizes(bots);
  const items: Attention[] = [];
  const done = new Set<Bot>();
  const listed = bots.filter((bot) => needsAttention(conditionOf(bot)));
  const dead = byProcess(listed);
  const silent = byPlatform(listed);
  for (const bot of listed) {
    if (done.has(bot)) continue;
    const together = dead.get(processKey(bot)) ?? [];
    const near = nearOf(bot, silent.get(platformOf(bot.channel)) ?? []).filter((one) => !done.has(one));
    const share = near.length / (sizes.get(platformOf(bot.channel)) ?? 1);
    if (conditionOf(bot) === "dead" && together.length > 1) {
      for (const one of together) done.add(one);
      items.push(deadTogether(together, facts));
    } else if (conditionOf(bot) === "stale" && near.length >= leastTogether && share >= leastShare) {
      for (const one of near) done.add(one);
      items.push(silentTogether(near, facts));
    } else {
      done.add(bot);
      items.push(alone(bot, facts));
    }
  }
  return items;
}

function alone(bot: Bot, facts: WhyFacts): Attention {
  return {
    key: bot.channel,
    condition: conditionOf(bot),
    bots: [bot],
    title: bot.channel,
    why: whyOf(bot, facts),
    sinceMs: conditionSinceMs(bot),
  };
}

/** A pid alone is no process: another one may have had it. */
function processKey({ pid, startedAtMs, status }: Bot): string {
  return status === "dead" && pid > 0 ? `${pid} ${startedAtMs}` : "";
}

function byProcess(bots: readonly Bot[]): ReadonlyMap<string, readonly Bot[]> {
  const found = new Map<string, Bot[]>();
  for (const bot of bots) {
    const key = processKey(bot);
    if (key === "" || bot.startedAtMs === null) continue;
    const same = found.get(key);
    if (same === undefined) found.set(key, [bot]);
    else same.push(bot);
  }
  return found;
}

function deadTogether(bots: readonly Bot[], facts: WhyFacts): Attention {
  const [first] = bots as readonly [Bot];
  const loops = bots.filter(({ crashLoop }) => crashLoop).length;
  const loop = loops === 0 ? "" : ` ${loops === bots.length ? "All are" : `${loops} are`} in a crash loop.`;
  return {
    key: `process ${processKey(first)}`,
    condition: "dead",
    bots,
    title: `${amountOf(bots.length, "bot")} of process ${first.pid}`,
    why: `${whyOf({ ...first, crashLoop: false }, facts)} ${amountOf(bots.length, "bot")} ran in it.${loop}`,
    sinceMs: first.sinceMs,
  };
}

function platformSizes(bots: readonly Bot[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { channel } of bots) {
    const platform = platformOf(channel);
    sizes.set(platform, (sizes.get(platform) ?? 0) + 1);
  }
  return sizes;
}

/** The silent ones of each platform, by the time of their last word. */
function byPlatform(bots: readonly Bot[]): ReadonlyMap<string, readonly Bot[]> {
  const found = new Map<string, Bot[]>();
  for (const bot of bots) {
    if (conditionOf(bot) !== "stale" || bot.sinceMs === null) continue;
    const platform = platformOf(bot.channel);
    const same = found.get(platform);
    if (same === undefined) found.set(platform, [bot]);
    else same.push(bot);
  }
  return found;
}

/** Those that fell silent at most 10 s before this one, which is the newest of them. */
function nearOf(bot: Bot, silent: readonly Bot[]): readonly Bot[] {
  const untilMs = bot.sinceMs ?? Number.NaN;
  return silent.filter(({ sinceMs }) => {
    const beforeMs = untilMs - (sinceMs ?? Number.NaN);
    return beforeMs >= 0 && beforeMs <= togetherMs;
  });
}

function silentTogether(bots: readonly Bot[], { clockText }: WhyFacts): Attention {
  const [first] = bots as readonly [Bot];
  const times = bots.map(({ sinceMs }) => sinceMs ?? 0);
  const fromMs = Math.min(...times);
  const spanMs = Math.max(1_000, Math.max(...times) - fromMs);
  const platform = platformOf(first.channel);
  const who = `${amountOf(bots.length, "bot")}${platform === "" ? "" : ` of ${platform}`}`;
  return {
    key: `silent ${platform} ${fromMs}`,
    condition: "stale",
    bots,
    title: who,
    why: `They fell silent at ${clockText(fromMs)} within ${spanText(spanMs)}: one cause?`,
    sinceMs: fromMs,
  };
}
