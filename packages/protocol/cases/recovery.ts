import type { DecodeEvent } from "./case.js";
import { invalidField, rejected, stream } from "./expectation.js";
import { beat, beaten, beatWith } from "./sample.js";
import { bytes, type Piece, repeat } from "./stream.js";

const bad: [id: string, title: string, content: Piece[], event: DecodeEvent][] = [
  ["line-too-long", "a line that is too long", [repeat("x", 65_537)], rejected("line_too_long")],
  ["invalid-utf8", "a line that is not UTF-8", ['{"type":"', bytes(0xff), '"}'], rejected("invalid_utf8")],
  [
    "cut-code-point",
    "a line that ends within a code point",
    ['{"type":"', bytes(0xf0, 0x9f, 0x98)],
    rejected("invalid_utf8"),
  ],
  ["invalid-json", "a line that is not JSON", ["hello"], rejected("invalid_json")],
  ["half-line", "half an object", [beat(1).slice(0, 30)], rejected("invalid_json")],
  ["open-string", "a string that is not closed", ['{"type":"heartbeat'], rejected("invalid_json")],
  ["open-brackets", "brackets that are not closed", ['{"type":[[[{'], rejected("invalid_json")],
  ["backslash", "a backslash at the end", ['{"type":"heartbeat\\'], rejected("invalid_json")],
  ["not-an-object", "a line that is no object", ["[]"], rejected("not_an_object")],
  [
    "too-deep",
    "a line that nests too deep",
    beatWith(repeat("[", 64), repeat("]", 64)),
    rejected("too_deep"),
  ],
  ["missing-type", "a line without type", ["{}"], rejected("missing_type")],
  ["unknown-type", "a line of an unknown type", ['{"type":"reboot"}'], rejected("unknown_type")],
  ["invalid-field", "a line with a bad field", [beat(0)], invalidField("pid")],
];

/** Every bad line at once, each ended by a newline. */
const all: Piece[] = bad.flatMap(([, , content]) => [...content, "\n"]);

export const recovery = [
  ...bad.map(([id, title, content, event]) =>
    stream(
      `after-${id}`,
      `After ${title} the next good line is delivered`,
      "F-3 F-4",
      [[`${beat(7)}\n`, ...content, "\n", `${beat(8)}\n`]],
      [beaten(7), event, beaten(8)],
    ),
  ),
  ...bad.map(([id, title, content, event]) =>
    stream(
      `first-${id}`,
      `The stream begins with ${title}, which comes as a chunk of its own`,
      "F-3 F-9",
      [content, "\n", `${beat(8)}\n`],
      [event, beaten(8)],
    ),
  ),
  stream(
    "after-every-bad-line",
    "After bad lines of every kind in a row the good line is delivered",
    "F-3 F-4",
    [[...all, ...all, `${beat(8)}\n`]],
    [...bad.map(([, , , event]) => event), ...bad.map(([, , , event]) => event), beaten(8)],
  ),
  stream(
    "many-bad-lines",
    "A thousand bad lines close nothing",
    "F-3",
    [[repeat("?\n", 1000), `${beat(8)}\n`]],
    [...Array.from({ length: 1000 }, () => rejected("invalid_json")), beaten(8)],
  ),
];
