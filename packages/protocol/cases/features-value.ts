import type { BadValue, GoodValue } from "./field-value.js";
import { type Piece, repeat } from "./stream.js";
import { entries, text as long, type Tagged } from "./value.js";

const emoji = "\u{1f600}";

/** So many features, with names of three digits. */
function many(count: number): { text: Piece[]; value: Tagged } {
  const names = Array.from({ length: count }, (_, i) => String(i).padStart(3, "0"));
  return {
    text: [`{${names.map((name) => `"${name}":true`).join(",")}}`],
    value: Object.fromEntries(names.map((name) => [name, true])),
  };
}

const own: [id: string, title: string, text: string, value: Tagged, spec: string][] = [
  ["empty", "none", "{}", {}, "M-7 M-12"],
  ["one-on", "one that is on", '{"jokes":true}', { jokes: true }, "M-7"],
  ["one-off", "one that is off, which is not the same as absent", '{"jokes":false}', { jokes: false }, "M-7"],
  [
    "several",
    "several",
    '{"jokes":true,"raids":false,"reply":true}',
    { jokes: true, raids: false, reply: true },
    "M-7",
  ],
  [
    "proto",
    "__proto__ is a name like any other",
    '{"__proto__":true}',
    entries(["__proto__", true]),
    "J-9 M-7",
  ],
  [
    "prototype-names",
    "names that objects inherit",
    '{"constructor":true,"toString":false,"hasOwnProperty":true,"valueOf":false,"prototype":true}',
    entries(
      ["constructor", true],
      ["toString", false],
      ["hasOwnProperty", true],
      ["valueOf", false],
      ["prototype", true],
    ),
    "J-9 M-7",
  ],
  [
    "python-names",
    "names that objects of Python have",
    '{"__class__":true,"__dict__":false,"self":true}',
    { __class__: true, __dict__: false, self: true },
    "J-9 M-7",
  ],
  [
    "field-names",
    "names of fields",
    '{"type":true,"channel":false,"pid":true}',
    { type: true, channel: false, pid: true },
    "M-7",
  ],
  [
    "numeric-names",
    "names of digits",
    '{"1":true,"0":false,"01":true}',
    entries(["1", true], ["0", false], ["01", true]),
    "M-7",
  ],
  ["name-of-space", "a name of one space", '{" ":true}', { " ": true }, "M-7"],
  [
    "name-with-control",
    "a control character in a name is data",
    '{"a\\u0000b\\n":true}',
    { "a\0b\n": true },
    "M-7",
  ],
  ["name-of-dot", "a name of one dot", '{".":true}', { ".": true }, "M-7"],
  ["name-of-emoji", "a name of one emoji", `{"${emoji}":true}`, { [emoji]: true }, "M-7 M-6"],
  ["escaped-name", "an escaped name", '{"j\\u006fkes":true}', { jokes: true }, "M-7 J-4"],
];

/** What `features` may hold. */
export const goodFeatures: GoodValue[] = [
  ...own.map(([id, title, text, value, spec]) => ({ id, title, text, value, spec })),
  { id: "256", title: "256, the most", spec: "M-7", ...many(256) },
  ...(
    [
      ["name-longest", "a name of 128 characters", "x"],
      ["name-longest-three-bytes", "a name of 128 characters of three bytes", "\u20ac"],
      ["name-longest-astral", "a name of 128 code points of two UTF-16 units", emoji],
    ] as const
  ).map(([id, title, character]) => ({
    id,
    title,
    spec: "M-7 M-6",
    text: ['{"', repeat(character, 128), '":true}'],
    value: entries([long({ repeat: character, times: 128 }), true]),
  })),
];

const wrong: [id: string, title: string, text: string][] = [
  ["value-one", "1 in place of true", '{"jokes":1}'],
  ["value-zero", "0 in place of false", '{"jokes":0}'],
  ["value-string", "a string in place of true", '{"jokes":"true"}'],
  ["value-null", "null in place of false", '{"jokes":null}'],
  ["value-array", "an array in place of true", '{"jokes":[]}'],
  ["value-object", "an object in place of true", '{"jokes":{"on":true}}'],
  ["last-value", "a bad value behind good ones", '{"jokes":true,"raids":false,"reply":"on"}'],
  ["proto-object", "__proto__ with an object for its value", '{"__proto__":{"jokes":true}}'],
  ["proto-null", "__proto__ with null for its value", '{"__proto__":null}'],
  ["name-empty", "an empty name", '{"":true}'],
];

/** What `features` must not hold. */
export const badFeatures: BadValue[] = [
  ...wrong.map(([id, title, text]) => ({ id, title, text, spec: "M-7 R-4" })),
  { id: "257", title: "257 features", spec: "M-7 R-4", text: many(257).text },
  ...(
    [
      ["name-too-long", "a name of 129 characters", "x"],
      ["name-too-long-three-bytes", "a name of 129 characters of three bytes", "\u20ac"],
      ["name-too-long-astral", "a name of 129 code points", emoji],
    ] as const
  ).map(([id, title, character]) => ({
    id,
    title,
    spec: "M-7 M-6",
    text: ['{"', repeat(character, 129), '":true}'],
  })),
  {
    id: "name-lone-surrogate",
    title: "a name with a lone surrogate",
    spec: "M-7 M-8",
    text: '{"\\ud800":true}',
    mayBeInvalidJson: true,
  },
];
