import { line, message, rejected, stream } from "./expectation.js";
import { beat, beaten, beatenIn, beatIn, beatWith } from "./sample.js";
import { bytes } from "./stream.js";

const bom = bytes(0xef, 0xbb, 0xbf);

const blanks: [id: string, title: string, blank: string][] = [
  ["empty", "nothing", ""],
  ["space", "one space", " "],
  ["spaces-and-tabs", "spaces and tabs", " \t  \t"],
  ["cr", "one carriage return", "\r"],
  ["crs", "several carriage returns", "\r\r\r"],
  ["space-cr-tab", "a space, a carriage return and a tab", " \r\t"],
];

const notBlank: [id: string, title: string, content: string][] = [
  ["form-feed", "a form feed", "\f"],
  ["vertical-tab", "a vertical tab", "\v"],
  ["zero-byte", "a zero byte", "\0"],
  ["no-break-space", "U+00A0", "\u00a0"],
  ["line-separator", "U+2028", "\u2028"],
  ["next-line", "U+0085", "\u0085"],
  ["ideographic-space", "U+3000", "\u3000"],
];

export const framing = [
  stream("one-line", "One line gives one message", "F-1 F-4", [`${beat(1)}\n`], [beaten(1)]),
  stream("no-bytes", "An empty stream gives nothing", "F-4", [], []),
  stream(
    "empty-chunks",
    "Chunks of no bytes change nothing",
    "F-9",
    ["", `${beat(1)}`, "", "\n", ""],
    [beaten(1)],
  ),
  stream(
    "lines-in-order",
    "Several lines in one chunk come in order",
    "F-4",
    [`${beat(3)}\n${beat(1)}\n${beat(2)}\n`],
    [beaten(3), beaten(1), beaten(2)],
  ),
  stream(
    "same-line-twice",
    "Two equal lines are two messages",
    "F-4",
    [`${beat(1)}\n${beat(1)}\n`],
    [beaten(1), beaten(1)],
  ),
  stream(
    "rejections-in-order",
    "Messages and rejections come in the order of their lines",
    "F-3 F-4",
    [`${beat(1)}\n[]\n${beat(2)}\n{\n${beat(3)}\n`],
    [beaten(1), rejected("not_an_object"), beaten(2), rejected("invalid_json"), beaten(3)],
  ),
  stream(
    "two-bots",
    "One connection carries lines about several bots",
    "F-4",
    ['{"type":"heartbeat","channel":"a","pid":1}\n{"type":"heartbeat","channel":"b","pid":2}\n'],
    [
      message({ type: "heartbeat", channel: "a", pid: 1 }),
      message({ type: "heartbeat", channel: "b", pid: 2 }),
    ],
  ),
  stream(
    "crlf",
    "One carriage return before the newline is stripped",
    "F-2",
    [`${beat(1)}\r\n${beat(2)}\r\n`],
    [beaten(1), beaten(2)],
  ),
  stream(
    "crlf-and-lf-mixed",
    "Each line may end in its own way",
    "F-2",
    [`${beat(1)}\r\n${beat(2)}\n${beat(3)}\r\n`],
    [beaten(1), beaten(2), beaten(3)],
  ),
  stream(
    "crlf-cut",
    "A cut between carriage return and newline changes nothing",
    "F-2 F-9",
    [`${beat(1)}\r`, `\n${beat(2)}\r`, "\n"],
    [beaten(1), beaten(2)],
  ),
  stream(
    "crcrlf",
    "The second of two carriage returns is white space of JSON",
    "F-2 J-2",
    [`${beat(1)}\r\r\n`],
    [beaten(1)],
  ),
  line(
    "lone-cr-between-objects",
    "A lone carriage return ends no line: two objects on one line",
    "F-1 J-2",
    `${beat(1)}\r${beat(2)}`,
    rejected("invalid_json"),
  ),
  line(
    "lone-cr-between-tokens",
    "A lone carriage return between tokens is white space",
    "F-1 J-5",
    '{"type":"heartbeat",\r"channel":"lounge",\r"pid":1}',
    beaten(1),
  ),
  line(
    "leading-cr",
    "A carriage return before the object is white space",
    "F-1 J-5",
    `\r${beat(1)}`,
    beaten(1),
  ),
  stream(
    "lfcr",
    "A carriage return after the newline belongs to the next line",
    "F-1 F-5",
    [`${beat(1)}\n\r${beat(2)}\n\r`],
    [beaten(1), beaten(2)],
  ),
  line(
    "lone-cr-in-string",
    "A raw carriage return in a string is no JSON, and ends no line",
    "F-1 J-2",
    beatIn('"a\rb"'),
    rejected("invalid_json"),
  ),
  line(
    "line-separator-in-string",
    "U+2028 ends no line",
    "F-1 M-4",
    beatIn('"a\u2028b"'),
    beatenIn("a\u2028b"),
  ),
  line(
    "paragraph-separator-in-string",
    "U+2029 ends no line",
    "F-1 M-4",
    beatIn('"a\u2029b"'),
    beatenIn("a\u2029b"),
  ),
  line("next-line-in-string", "U+0085 ends no line", "F-1 M-11", beatWith('"a\u0085b"'), beaten(1)),
  line(
    "line-separator-between-objects",
    "U+2028 between two objects ends no line",
    "F-1 J-2",
    `${beat(1)}\u2028${beat(2)}`,
    rejected("invalid_json"),
  ),
  line(
    "next-line-between-objects",
    "U+0085 between two objects ends no line",
    "F-1 J-2",
    `${beat(1)}\u0085${beat(2)}`,
    rejected("invalid_json"),
  ),
  ...(["\f", "\v", "\x1c", "\x1d", "\x1e"] as const).map((separator) => {
    const code = separator.charCodeAt(0).toString(16).padStart(2, "0");
    return line(
      `byte-${code}-between-objects`,
      `The byte 0x${code.toUpperCase()} between two objects ends no line`,
      "F-1 J-2",
      `${beat(1)}${separator}${beat(2)}`,
      rejected("invalid_json"),
    );
  }),
  stream(
    "bom-at-start",
    "A byte order mark at the start of the stream is not removed",
    "F-6",
    [[bom, `${beat(1)}\n${beat(2)}\n`]],
    [rejected("invalid_json"), beaten(2)],
  ),
  stream(
    "bom-at-start-by-itself",
    "A byte order mark is not removed when it is a chunk of its own",
    "F-6 F-9",
    [bom, `${beat(1)}\n${beat(2)}\n`],
    [rejected("invalid_json"), beaten(2)],
  ),
  stream(
    "bom-on-later-line",
    "A byte order mark before a later line is not removed",
    "F-6",
    [[`${beat(1)}\n`, bom, `${beat(2)}\n${beat(3)}\n`]],
    [beaten(1), rejected("invalid_json"), beaten(3)],
  ),
  line("bom-alone", "A line of one byte order mark is not blank", "F-5 F-6", bom, rejected("invalid_json")),
  line(
    "bom-at-end-of-line",
    "A byte order mark behind the object is no JSON",
    "F-6",
    [beat(1), bom],
    rejected("invalid_json"),
  ),
  line(
    "bom-in-string",
    "U+FEFF within a string is data",
    "F-6 M-4",
    beatIn('"a\ufeff"'),
    beatenIn("a\ufeff"),
  ),
  line(
    "bom-begins-string",
    "U+FEFF that begins a string is data",
    "F-6 M-4",
    beatIn('"\ufeffa"'),
    beatenIn("\ufeffa"),
  ),
  ...blanks.map(([id, title, blank]) =>
    stream(
      `blank-${id}`,
      `A line of ${title} is skipped`,
      "F-5",
      [`${beat(1)}\n${blank}\n${beat(2)}\n`],
      [beaten(1), beaten(2)],
    ),
  ),
  ...notBlank.map(([id, title, content]) =>
    stream(
      `not-blank-${id}`,
      `A line of ${title} is not blank`,
      "F-5 J-2",
      [`${beat(1)}\n${content}\n${beat(2)}\n`],
      [beaten(1), rejected("invalid_json"), beaten(2)],
    ),
  ),
  stream("only-blank-lines", "A stream of blank lines gives nothing", "F-5", ["\n\r\n \n\t\r\n\n"], []),
  stream(
    "blank-first",
    "Blank lines before the first line are skipped",
    "F-5",
    [`\n\r\n${beat(1)}\n`],
    [beaten(1)],
  ),
];
