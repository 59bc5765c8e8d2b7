import { line, rejected, stream } from "./expectation.js";
import { beat, beaten, beatenIn, beatIn, beatWith } from "./sample.js";
import { bytes, utf8 as encoded } from "./stream.js";

const illFormed: [id: string, title: string, sequence: number[]][] = [
  ["overlong-2-slash", "an overlong form of two bytes", [0xc0, 0xaf]],
  ["overlong-2-nul", "NUL as two bytes, as Java writes it", [0xc0, 0x80]],
  ["overlong-2-last", "the last overlong form of two bytes", [0xc1, 0xbf]],
  ["overlong-2-quote", "a quote as two bytes", [0xc0, 0xa2]],
  ["overlong-3", "an overlong form of three bytes", [0xe0, 0x80, 0xaf]],
  ["overlong-3-last", "the last overlong form of three bytes", [0xe0, 0x9f, 0xbf]],
  ["overlong-4", "an overlong form of four bytes", [0xf0, 0x80, 0x80, 0xaf]],
  ["overlong-4-last", "the last overlong form of four bytes", [0xf0, 0x8f, 0xbf, 0xbf]],
  ["lone-continuation-80", "a lone continuation byte 80", [0x80]],
  ["lone-continuation-bf", "a lone continuation byte BF", [0xbf]],
  ["two-continuations", "two lone continuation bytes", [0x80, 0xbf]],
  ["continuation-after-whole", "a continuation byte behind a whole code point", [0xc3, 0xa9, 0xa9]],
  ["cut-2-of-1", "one byte of two", [0xc3]],
  ["cut-3-of-1", "one byte of three", [0xe2]],
  ["cut-3-of-2", "two bytes of three", [0xe2, 0x82]],
  ["cut-4-of-1", "one byte of four", [0xf0]],
  ["cut-4-of-2", "two bytes of four", [0xf0, 0x9f]],
  ["cut-4-of-3", "three bytes of four", [0xf0, 0x9f, 0x98]],
  ["lead-after-lead", "two lead bytes", [0xe2, 0xe2, 0x82, 0xac]],
  ["surrogate-high", "an encoded high surrogate", [0xed, 0xa0, 0x80]],
  ["surrogate-high-last", "the last encoded high surrogate", [0xed, 0xaf, 0xbf]],
  ["surrogate-low", "an encoded low surrogate", [0xed, 0xb0, 0x80]],
  ["surrogate-low-last", "the last encoded low surrogate", [0xed, 0xbf, 0xbf]],
  [
    "surrogate-pair",
    "a pair of surrogates of three bytes each, as CESU-8 writes it",
    [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  ],
  ["above-10ffff", "the value U+110000", [0xf4, 0x90, 0x80, 0x80]],
  ["above-10ffff-far", "the value U+13FFFF", [0xf4, 0xbf, 0xbf, 0xbf]],
  ["byte-f5", "the byte F5", [0xf5, 0x80, 0x80, 0x80]],
  ["byte-f7", "the byte F7", [0xf7, 0xbf, 0xbf, 0xbf]],
  ["five-bytes", "a form of five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ["six-bytes", "a form of six bytes", [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80]],
  ["byte-fe", "the byte FE", [0xfe]],
  ["byte-ff", "the byte FF", [0xff]],
  ["latin-1-e-acute", "an e with acute in Latin-1", [0xe9]],
  ["windows-1252-quotes", "quotes in Windows-1252", [0x93, 0x61, 0x94]],
  ["shift-jis", "a word in Shift-JIS", [0x83, 0x65, 0x83, 0x58, 0x83, 0x67]],
];

const wellFormed: [id: string, title: string, channel: string][] = [
  ["two-bytes-first", "U+00A0", "\u00a0"],
  ["two-bytes", "U+00E9", "\u00e9"],
  ["two-bytes-last", "U+07FF", "\u07ff"],
  ["three-bytes-first", "U+0800", "\u0800"],
  ["three-bytes", "U+20AC", "\u20ac"],
  ["before-surrogates", "U+D7FF", "\ud7ff"],
  ["after-surrogates", "U+E000", "\ue000"],
  ["replacement-character", "U+FFFD, which stands for itself", "\ufffd"],
  ["noncharacter", "the noncharacter U+FFFE", "\ufffe"],
  ["three-bytes-last", "U+FFFF", "\uffff"],
  ["four-bytes-first", "U+10000", "\u{10000}"],
  ["emoji", "U+1F600", "\u{1f600}"],
  ["four-bytes-last", "U+10FFFF", "\u{10ffff}"],
  ["combining", "a letter and a combining mark, which are not composed", "e\u0301"],
  ["composed", "a composed letter, which is not decomposed", "\u00e9"],
  ["right-to-left", "letters from right to left", "\u05e9\u05dc\u05d5\u05dd"],
  ["family", "an emoji of several code points", "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}"],
];

const words = `${beat(1)}\n`;

function utf16(text: string, bigEndian: boolean): Uint8Array {
  const units = Buffer.from(text, "utf16le");
  return bigEndian ? units.swap16() : units;
}

function utf32le(text: string): Uint8Array {
  return Uint8Array.from([...text].flatMap((character) => [character.charCodeAt(0), 0, 0, 0]));
}

function utf32be(text: string): Uint8Array {
  return Uint8Array.from([...text].flatMap((character) => [0, 0, 0, character.charCodeAt(0)]));
}

export const utf8 = [
  ...illFormed.map(([id, title, sequence]) =>
    line(
      `channel-${id}`,
      `${upper(title)} in a channel`,
      "J-1",
      beatIn('"a', bytes(...sequence), 'b"'),
      rejected("invalid_utf8"),
    ),
  ),
  ...illFormed
    .filter(([id]) =>
      /^(overlong-3|lone-continuation-80|cut-4-of-3|surrogate-high|above-10ffff|byte-ff|latin-1-e-acute)$/.test(
        id,
      ),
    )
    .map(([id, title, sequence]) =>
      line(
        `unknown-field-${id}`,
        `${upper(title)} in a field that protocol 1 does not know`,
        "J-1 R-1",
        beatWith('"', bytes(...sequence), '"'),
        rejected("invalid_utf8"),
      ),
    ),
  line(
    "outside-the-object-byte-ff",
    "A byte FF behind the object",
    "J-1",
    [beat(1), bytes(0xff)],
    rejected("invalid_utf8"),
  ),
  line("only-byte-ff", "A line of one byte FF", "J-1", bytes(0xff), rejected("invalid_utf8")),
  line(
    "only-latin-1-no-break-space",
    "A line of one Latin-1 no-break space is no blank line",
    "F-5 J-1",
    bytes(0xa0),
    rejected("invalid_utf8"),
  ),
  line(
    "field-name-byte-ff",
    "A byte FF in the name of a field",
    "J-1",
    ['{"type":"heartbeat","channel":"lounge","pid":1,"', bytes(0xff), '":1}'],
    rejected("invalid_utf8"),
  ),
  line(
    "last-bytes-cut",
    "A line that ends within a code point is not glued to the next",
    "J-1 F-3",
    ['{"type":"', bytes(0xc3)],
    rejected("invalid_utf8"),
  ),
  stream(
    "code-point-across-newline",
    "A code point with a newline in its midst: both lines are judged by themselves",
    "J-1 F-1 F-3",
    [[bytes(0xe2), "\n", bytes(0x82, 0xac), "\n", words]],
    [rejected("invalid_utf8"), rejected("invalid_utf8"), beaten(1)],
  ),
  ...wellFormed.map(([id, title, channel]) =>
    line(`good-${id}`, `A channel with ${title}`, "J-1 M-4", beatIn(`"${channel}"`), beatenIn(channel)),
  ),
  stream(
    "good-emoji-cut-everywhere",
    "A code point of four bytes that comes byte by byte",
    "J-1 F-9",
    [
      '{"type":"heartbeat","channel":"',
      ...[...encoded("\u{1f600}")].map((byte) => bytes(byte)),
      '","pid":1}\n',
    ],
    [beatenIn("\u{1f600}")],
  ),
  line(
    "raw-nul-in-string",
    "A raw zero byte in a string is no JSON, and ends nothing",
    "J-2",
    beatIn('"a\0b"'),
    rejected("invalid_json"),
  ),
  line(
    "raw-nul-at-end",
    "A zero byte behind the object is no JSON",
    "J-2",
    `${beat(1)}\0`,
    rejected("invalid_json"),
  ),
  line(
    "raw-nul-at-start",
    "A zero byte before the object is no JSON",
    "J-2",
    `\0${beat(1)}`,
    rejected("invalid_json"),
  ),
  line(
    "raw-nul-hides-garbage",
    "What stands behind a zero byte is judged as well",
    "J-2",
    `${beat(1)}\0garbage`,
    rejected("invalid_json"),
  ),
  stream(
    "utf-16le",
    "A line in UTF-16LE is no JSON; the zero byte of its newline remains",
    "J-2 F-7",
    [utf16(words, false)],
    [rejected("invalid_json"), rejected("truncated")],
  ),
  stream(
    "utf-16le-bom",
    "A line in UTF-16LE with a byte order mark is not UTF-8",
    "J-1 F-7",
    [utf16(`\ufeff${words}`, false)],
    [rejected("invalid_utf8"), rejected("truncated")],
  ),
  stream(
    "utf-16be",
    "A line in UTF-16BE is no JSON",
    "J-2",
    [utf16(words, true)],
    [rejected("invalid_json")],
  ),
  stream(
    "utf-16be-bom",
    "A line in UTF-16BE with a byte order mark is not UTF-8",
    "J-1",
    [utf16(`\ufeff${words}`, true)],
    [rejected("invalid_utf8")],
  ),
  stream(
    "utf-16le-then-good",
    "After a line in UTF-16LE the zero byte spoils the next line, and no other",
    "J-2 F-3",
    [[utf16(words, false), words, words]],
    [rejected("invalid_json"), rejected("invalid_json"), beaten(1)],
  ),
  stream(
    "utf-32le",
    "A line in UTF-32LE is no JSON; three zero bytes remain",
    "J-2 F-7",
    [utf32le(words)],
    [rejected("invalid_json"), rejected("truncated")],
  ),
  stream("utf-32be", "A line in UTF-32BE is no JSON", "J-2", [utf32be(words)], [rejected("invalid_json")]),
  stream(
    "utf-7",
    "UTF-7 is ASCII, and means itself",
    "J-1",
    ['{"type":"heartbeat","channel":"+AOk-","pid":1}\n'],
    [beatenIn("+AOk-")],
  ),
];

function upper(title: string): string {
  return title.charAt(0).toUpperCase() + title.slice(1);
}
