import { durationMsFrom, durationText } from "./duration.js";
import type { Setting } from "./setting.js";
import {
  allOrDurationSchema,
  countSchema,
  daysSchema,
  durationSchema,
  offDurationSchema,
  textSchema,
} from "./value-schema.js";

const forever = /^for ?ever$/i;
const mostDays = 36_500;

interface DurationTerms {
  readonly help: string;
  readonly fallbackMs: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

/** A duration, in milliseconds: plain numbers are seconds. */
export function durationSetting(flag: string, terms: DurationTerms): Setting<number> {
  const { help, fallbackMs, leastMs, mostMs } = terms;
  return {
    flag,
    argument: "<duration>",
    group: "How bots are judged",
    help,
    expected: `seconds, or a duration such as 500ms, 2m, 1h or 7d, from ${durationText(leastMs)} to ${durationText(mostMs)}`,
    fallback: () => fallbackMs,
    fallbackText: durationText(fallbackMs),
    read: (text) => {
      const ms = durationMsFrom(text);
      return ms !== undefined && ms >= leastMs && ms <= mostMs ? Math.round(ms) : undefined;
    },
    show: durationText,
    schema: durationSchema(leastMs, mostMs),
  };
}

interface OffDurationTerms {
  readonly group: string;
  readonly help: string;
  readonly leastMs: number;
  readonly mostMs: number;
  /** A value for the example file. */
  readonly example: string;
}

/** A duration after which something is done that is off by default: null. */
export function offDurationSetting(flag: string, terms: OffDurationTerms): Setting<number | null> {
  const { group, help, leastMs, mostMs, example } = terms;
  const plain = durationSetting(flag, { help, fallbackMs: leastMs, leastMs, mostMs });
  return {
    ...plain,
    group,
    expected: `a duration such as 12h or 30d, from ${durationText(leastMs)} to ${durationText(mostMs)}, or off`,
    fallback: () => null,
    fallbackText: "off",
    read: (text, surroundings) =>
      /^(?:off|never|false|no)$/i.test(text.trim()) ? null : plain.read(text, surroundings),
    show: (value) => (value === null ? "off" : durationText(value)),
    schema: offDurationSchema(leastMs, mostMs),
    example,
  };
}

/** How far back something goes; all of it by default: null. */
export function ageSetting(flag: string, terms: Omit<OffDurationTerms, "example">): Setting<number | null> {
  const { group, help, leastMs, mostMs } = terms;
  const plain = durationSetting(flag, { help, fallbackMs: leastMs, leastMs, mostMs });
  return {
    ...plain,
    group,
    expected: `a duration such as 12h or 30d, from ${durationText(leastMs)} to ${durationText(mostMs)}, or all`,
    fallback: () => null,
    fallbackText: "all",
    read: (text, surroundings) => (/^all$/i.test(text.trim()) ? null : plain.read(text, surroundings)),
    show: (value) => (value === null ? "all" : durationText(value)),
    schema: allOrDurationSchema(leastMs, mostMs),
  };
}

interface DaysTerms {
  readonly help: string;
  readonly fallback: number | null;
  readonly nestedKey: `${string}.${string}`;
  readonly oldKey?: string;
}

/** A number of days, null for ever. */
export function daysSetting(flag: string, terms: DaysTerms): Setting<number | null> {
  const { help, fallback, nestedKey, oldKey } = terms;
  return {
    flag,
    argument: "<days>",
    group: "What is kept",
    help,
    expected: `a number of days above 0 and up to ${mostDays}, or forever`,
    fallback: () => fallback,
    fallbackText: fallback === null ? "forever" : `${fallback}`,
    read: (text) => {
      if (forever.test(text.trim())) return null;
      const number = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
      return number > 0 && number <= mostDays ? number : undefined;
    },
    show: (value) => (value === null ? "forever" : `${value}`),
    schema: daysSchema(mostDays),
    nestedKey,
    ...(oldKey === undefined ? {} : { oldKey }),
  };
}

interface CountTerms {
  /** "Bounds", if not given. */
  readonly group?: string;
  readonly help: string;
  readonly fallback: number;
  readonly most: number;
  readonly nestedKey?: `${string}.${string}`;
}

/** A whole number of at least 1. */
export function countSetting(flag: string, terms: CountTerms): Setting<number> {
  const { group = "Bounds", help, fallback, most, nestedKey } = terms;
  return {
    flag,
    argument: "<n>",
    group,
    help,
    expected: `a whole number from 1 to ${most}`,
    fallback: () => fallback,
    fallbackText: `${fallback}`,
    read: (text) => {
      const number = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
      return number >= 1 && number <= most ? number : undefined;
    },
    schema: countSchema(most),
    ...(nestedKey === undefined ? {} : { nestedKey }),
  };
}

interface TokenTerms {
  readonly help: string;
  readonly example: string;
  readonly nestedKey: `${string}.${string}`;
}

/** A secret that requests bring. */
export function tokenSetting(flag: string, terms: TokenTerms): Setting<string | null> {
  const form = "^[!-~]{1,4096}$";
  return {
    flag,
    argument: "<token>",
    group: "HTTP",
    expected: "visible ASCII characters without spaces",
    fallback: () => null,
    fallbackText: "none",
    read: (text) => (new RegExp(form).test(text) ? text : undefined),
    schema: textSchema(form),
    secret: true,
    ...terms,
  };
}
