import type { BadValue, GoodValue } from "./field-value.js";
import { repeat } from "./stream.js";
import { text as long } from "./value.js";

const own: [id: string, title: string, value: string][] = [
  ["one-character", "one character", "x"],
  ["known", "one that every monitor knows", "rate_limit"],
  ["unknown", "one that no monitor knows", "quota_of_the_month"],
  ["digits", "digits alone", "429"],
  ["underscore", "an underscore alone", "_"],
  ["prototype", "__proto__", "__proto__"],
];

/** What an error may be. */
export const goodCodes: GoodValue[] = [
  ...own.map(([id, title, value]) => ({ id, title, spec: "M-14", text: `"${value}"`, value })),
  {
    id: "escaped",
    title: "a letter that is escaped",
    spec: "M-14",
    text: '"t\\u0069meout"',
    value: "timeout",
  },
  {
    id: "longest",
    title: "64 characters",
    spec: "M-14",
    text: ['"', repeat("x", 64), '"'],
    value: long({ repeat: "x", times: 64 }),
  },
];

const bad: [id: string, title: string, text: string][] = [
  ["empty", "empty", '""'],
  ["capital", "with a capital letter", '"Timeout"'],
  ["space", "with a space", '"rate limit"'],
  ["hyphen", "with a hyphen", '"rate-limit"'],
  ["dot", "with a dot", '"http.500"'],
  ["message", "a message", '"Rate limit exceeded: try again in 20 s."'],
  ["newline-at-the-end", "with a newline at its end", '"timeout\\n"'],
  ["newline-at-the-start", "with a newline at its start", '"\\ntimeout"'],
  ["umlaut", "with an umlaut", '"\u00fcber"'],
  ["dotless-i", "with a dotless i, which some fold to i", '"t\u0131meout"'],
  ["long-s", "with a long s, which some fold to s", '"\u017ferver"'],
  ["full-width", "with a digit of full width", '"\uff15"'],
  ["arabic-digit", "with a digit of another script", '"\u0665"'],
  ["zero", "with U+0000", '"a\\u0000"'],
];

/** What an error must not be. */
export const badCodes: BadValue[] = [
  ...bad.map(([id, title, text]) => ({ id, title, spec: "M-14 R-4", text })),
  {
    id: "lone-surrogate",
    title: "a lone surrogate",
    spec: "M-8 M-14",
    text: '"\\ud800"',
    mayBeInvalidJson: true,
  },
  { id: "too-long", title: "65 characters", spec: "M-14 R-4", text: ['"', repeat("x", 65), '"'] },
];
