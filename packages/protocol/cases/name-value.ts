import type { BadValue, GoodValue } from "./field-value.js";
import { repeat } from "./stream.js";
import { text as long } from "./value.js";

type NameKind = "channel" | "name";

const lengths = { channel: 128, name: 256 };
const rules = { channel: "M-4", name: "M-5" };
const emoji = "\u{1f600}";

/** What a channel or another name may be. */
export function goodNames(kind: NameKind): GoodValue[] {
  const longest = lengths[kind];
  const rule = rules[kind];
  const own: [id: string, title: string, value: string][] = [
    ["one-character", "one character", "a"],
    ["space", "one space", " "],
    ["quote-and-backslash", "a quote and a backslash", '"\\'],
    ["slash", "a slash", "a/b"],
    ["no-break-space", "U+00A0, the first behind the control characters", "\u00a0"],
    ["tilde", "U+007E, the last before a control character", "~"],
    ["line-separator", "U+2028", "\u2028"],
    ["format-characters", "marks that turn the direction of writing", "\u202ea\u2066"],
    ["noncharacter", "U+FFFF", "\uffff"],
    ["emoji", "one emoji", emoji],
    ["three-dots", "three dots", "..."],
    ["prototype", "__proto__", "__proto__"],
    ["numeric", "digits", "7"],
  ];
  if (kind === "name") own.push(["dot", "one dot", "."], ["two-dots", "two dots", ".."]);
  return [
    ...own.map(([id, title, value]) => ({ id, title, spec: rule, text: JSON.stringify(value), value })),
    {
      id: "escaped-pair",
      title: "a pair of escaped surrogates",
      spec: `${rule} M-8`,
      text: '"\\ud83d\\ude00"',
      value: emoji,
    },
    ...(
      [
        ["longest", `${longest} characters`, "x"],
        ["longest-three-bytes", `${longest} characters of three bytes`, "\u20ac"],
        ["longest-astral", `${longest} code points of two UTF-16 units`, emoji],
      ] as const
    ).map(([id, title, character]) => ({
      id,
      title,
      spec: `${rule} M-6`,
      text: ['"', repeat(character, longest), '"'],
      value: long({ repeat: character, times: longest }),
    })),
    {
      id: "longest-combining",
      title: `${longest} code points that are half as many characters to a reader`,
      spec: `${rule} M-6`,
      text: ['"', repeat("e\u0301", longest / 2), '"'],
      value: long({ repeat: "e\u0301", times: longest / 2 }),
    },
  ];
}

/** What neither a channel nor another name may be. */
export function badNames(kind: NameKind): BadValue[] {
  const over = lengths[kind] + 1;
  const rule = rules[kind];
  const own: [id: string, title: string, text: string][] = [
    ["empty", "empty", '""'],
    ["u0000", "U+0000", '"a\\u0000b"'],
    ["u0000-alone", "U+0000 alone", '"\\u0000"'],
    ["newline", "an escaped newline", '"a\\nb"'],
    ["tab", "an escaped tab", '"\\ta"'],
    ["escape", "U+001B, which terminals obey", '"\\u001b[2J"'],
    ["u001f", "U+001F, the last of the first control characters", '"a\\u001f"'],
    ["u007f", "a raw U+007F", '"a\u007f"'],
    ["u007f-escaped", "an escaped U+007F", '"a\\u007f"'],
    ["u0080", "a raw U+0080", '"\u0080"'],
    ["u0085", "a raw U+0085", '"a\u0085b"'],
    ["u009f", "a raw U+009F", '"a\u009f"'],
    ["u009f-escaped", "an escaped U+009F", '"a\\u009f"'],
    ["control-behind-emoji", "a control character behind an emoji", '"\u{1f600}\\u0007"'],
  ];
  if (kind === "channel") own.push(["dot", "one dot", '"."'], ["two-dots", "two dots", '".."']);
  const lone: [id: string, title: string, text: string][] = [
    ["lone-high-surrogate", "a lone high surrogate", '"\\ud800"'],
    ["lone-low-surrogate", "a lone low surrogate", '"a\\udc00b"'],
    ["reversed-surrogates", "a pair of surrogates the wrong way round", '"\\ude00\\ud83d"'],
    ["high-surrogate-and-letter", "a high surrogate with a letter behind it", '"\\ud83da"'],
    ["two-high-surrogates", "two high surrogates and a low one", '"\\ud83d\\ud83d\\ude00"'],
  ];
  return [
    ...own.map(([id, title, text]) => ({ id, title, spec: `${rule} R-4`, text })),
    ...lone.map(([id, title, text]) => ({
      id,
      title,
      spec: `${rule} M-8`,
      text,
      mayBeInvalidJson: true as const,
    })),
    ...(
      [
        ["too-long", `${over} characters`, "x"],
        ["too-long-three-bytes", `${over} characters of three bytes`, "\u20ac"],
        ["too-long-astral", `${over} code points of two UTF-16 units`, emoji],
      ] as const
    ).map(([id, title, character]) => ({
      id,
      title,
      spec: `${rule} M-6`,
      text: ['"', repeat(character, over), '"'],
    })),
    {
      id: "too-long-combining",
      title: `${over} code points that are half as many characters to a reader`,
      spec: `${rule} M-6`,
      text: ['"a', repeat("e\u0301", (over - 1) / 2), '"'],
    },
  ];
}
