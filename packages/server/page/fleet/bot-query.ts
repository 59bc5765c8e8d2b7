import type { Bot } from "./bot.js";
import { type Condition, conditionOf, conditions } from "./worst-first.js";

/** Whether a bot is wanted. */
export type BotFilter = (bot: Bot) => boolean;

const amounts: Readonly<Record<string, (bot: Bot) => number | null>> = {
  cpu: ({ cpuPct }) => cpuPct,
  mb: ({ rssMb }) => rssMb,
  restarts: ({ restarts }) => restarts,
  lost: ({ clientDropped }) => clientDropped,
  pid: ({ pid }) => pid,
};

const texts: Readonly<Record<string, (bot: Bot, value: string) => boolean>> = {
  status: (bot, value) => conditionOf(bot) === conditionNamed(value),
  version: ({ version }, value) => lower(version ?? "").startsWith(value),
  feature: ({ features }, value) =>
    Object.keys(features).some((name) => features[name] === true && lower(name) === value),
  channel: ({ channel }, value) => lower(channel).includes(value),
  pid: ({ pid }, value) => String(pid) === value,
};

const lower = (text: string) => text.toLowerCase();

/** `crash-loop`, `crash_loop`, `claimed twice`: whatever a person may call it. */
function conditionNamed(name: string): Condition | undefined {
  const wanted = lower(name).replace(/[-\s]/g, "_");
  if (wanted === "claimed_twice") return "conflict";
  return conditions.find((condition) => condition === wanted);
}

/**
 * What a search means: words that the channel contains, and tokens such as `status:dead`,
 * `version:1.4`, `feature:weather`, `cpu>50`. A minus before one means the opposite; quotes keep
 * blanks together. What is no token is a word. An empty search wants every bot.
 */
export function filterFrom(query: string): BotFilter {
  const parts = partsOf(query).map(filterOfPart);
  return (bot) => parts.every((part) => part(bot));
}

/** The words and tokens of a search. */
export function partsOf(query: string): string[] {
  return query.match(/-?(?:\w+:)?"[^"]*"?|\S+/g) ?? [];
}

function filterOfPart(part: string): BotFilter {
  if (part.startsWith("-") && part.length > 1) {
    const opposite = filterOfPart(part.slice(1));
    return (bot) => !opposite(bot);
  }
  const compared = /^(\w+)(>=|<=|>|<|=)(\d+(?:\.\d+)?)$/.exec(part);
  const amount = own(amounts, lower(compared?.[1] ?? ""));
  if (compared !== null && amount !== undefined)
    return comparing(amount, compared[2] ?? "", Number(compared[3]));
  const named = /^(\w+):(.+)$/.exec(part);
  const text = own(texts, lower(named?.[1] ?? ""));
  if (named !== null && text !== undefined) {
    const value = lower(unquoted(named[2] ?? ""));
    return (bot) => text(bot, value);
  }
  const word = lower(unquoted(part));
  return ({ channel }) => lower(channel).includes(word);
}

/** Not what every object has: a token may be called `constructor:`. */
function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

export function unquoted(text: string): string {
  return text.replace(/^"|"$/g, "");
}

/** An unknown amount is neither more nor less. */
function comparing(amount: (bot: Bot) => number | null, sign: string, bound: number): BotFilter {
  return (bot) => {
    const value = amount(bot);
    if (value === null) return false;
    if (sign === ">") return value > bound;
    if (sign === "<") return value < bound;
    if (sign === ">=") return value >= bound;
    return sign === "<=" ? value <= bound : value === bound;
  };
}
