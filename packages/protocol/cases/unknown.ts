import { invalidField, line, message, rejected, stream } from "./expectation.js";
import { beaten, beatWith } from "./sample.js";
import { repeat } from "./stream.js";

const types: [id: string, title: string, text: string][] = [
  ["newer", "a type of a later protocol", '"reboot"'],
  ["capital", "Heartbeat with a capital letter", '"Heartbeat"'],
  ["upper-case", "HEARTBEAT", '"HEARTBEAT"'],
  ["space-behind", "heartbeat with a space behind it", '"heartbeat "'],
  ["space-before", "heartbeat with a space before it", '" heartbeat"'],
  ["newline-behind", "heartbeat with an escaped newline behind it", '"heartbeat\\n"'],
  ["zero-behind", "heartbeat with U+0000 behind it", '"heartbeat\\u0000"'],
  ["hyphen", "llm-usage with a hyphen", '"llm-usage"'],
  ["camel-case", "llmUsage", '"llmUsage"'],
  ["prefix", "the beginning of a type", '"heart"'],
  ["empty", "the empty string", '""'],
  ["full-width", "heartbeat with a full-width letter", '"\uff48eartbeat"'],
  ["cyrillic", "heartbeat with a Cyrillic letter that looks the same", '"he\u0430rtbeat"'],
  ["control-characters", "a string of control characters", '"\\u0000\\u001b"'],
  ["proto", "__proto__", '"__proto__"'],
  ["constructor", "constructor", '"constructor"'],
  ["to-string", "toString", '"toString"'],
  ["has-own-property", "hasOwnProperty", '"hasOwnProperty"'],
  ["value-of", "valueOf", '"valueOf"'],
  ["message", "Message", '"Message"'],
  ["null-text", "the word null", '"null"'],
];

const noTypes: [id: string, title: string, text: string][] = [
  ["null", "null", "null"],
  ["number", "a number", "1"],
  ["true", "true", "true"],
  ["array", "a type within an array", '["heartbeat"]'],
  ["object", "an object", '{"type":"heartbeat"}'],
  ["1e400", "1e400", "1e400"],
];

const values: [id: string, title: string, text: string][] = [
  ["null", "null", "null"],
  ["boolean", "a boolean", "true"],
  ["number", "a number", "-1.5e-3"],
  ["string", "a string", '"x"'],
  ["control-characters", "a string of control characters", '"\\u0000\\u001b\\u009f"'],
  ["array", "an array", '[1,"2",[],{}]'],
  ["object", "an object", '{"type":"register","channel":5}'],
];

const inherited = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "__class__",
  "__init__",
];

/** Lines of other minor versions than the receiver's. */
const otherVersions = [
  stream(
    "later-minor-type",
    "A type of a later minor version is skipped, and what is known behind it is delivered",
    "V-1 R-3",
    [['{"type":"hello","token":"x"}\n', '{"type":"heartbeat","channel":"lounge","pid":1}\n']],
    [rejected("unknown_type"), beaten(1)],
  ),
  line(
    "later-minor-fields",
    "Fields of later minor versions are skipped, and what is known beside them is kept",
    "V-1 V-2 M-11",
    '{"type":"heartbeat","channel":"lounge","pid":1,"gpu_pct":12.5,"shard":{"of":8,"id":3}}',
    beaten(1),
  ),
  line(
    "earlier-minor",
    "A line without anything that 1.1 added is a line of 1.1",
    "V-1 V-2",
    '{"type":"heartbeat","channel":"lounge","pid":1}',
    beaten(1),
  ),
].map((one) => ({ ...one, since: "1.1", suite: "1.2.0" }));

export const unknown = [
  ...otherVersions,
  ...types.map(([id, title, text]) =>
    line(
      `type-${id}`,
      `A type that is ${title} is unknown`,
      /proto|constructor|to-string|has-own|value-of/.test(id) ? "R-3 J-9" : "R-3",
      `{"type":${text},"channel":"lounge","pid":1}`,
      rejected("unknown_type"),
    ),
  ),
  line(
    "type-long",
    "A type of 60 000 characters is unknown",
    "R-3",
    ['{"type":"', repeat("x", 60_000), '"}'],
    rejected("unknown_type"),
  ),
  line(
    "type-lone-surrogate",
    "A type with a lone surrogate is unknown",
    "R-3 M-8",
    '{"type":"\\ud800"}',
    rejected("unknown_type"),
    {
      or: [[rejected("invalid_json")]],
    },
  ),
  line(
    "type-alone",
    "An unknown type needs no other field",
    "R-3",
    '{"type":"reboot"}',
    rejected("unknown_type"),
  ),
  line(
    "type-with-bad-fields",
    "An unknown type is unknown whatever its fields hold",
    "R-3",
    '{"type":"reboot","channel":5,"pid":"x","ts":null}',
    rejected("unknown_type"),
  ),
  line(
    "missing-type",
    "An object without type",
    "R-2",
    '{"channel":"lounge","pid":1}',
    rejected("missing_type"),
  ),
  line("missing-type-empty-object", "An empty object has no type", "R-2", "{}", rejected("missing_type")),
  line(
    "missing-type-capital",
    "Type is another field than type",
    "R-2",
    '{"Type":"heartbeat","channel":"lounge","pid":1}',
    rejected("missing_type"),
  ),
  line(
    "missing-type-nested",
    "A type within another field is none",
    "R-2",
    '{"message":{"type":"heartbeat","channel":"lounge","pid":1}}',
    rejected("missing_type"),
  ),
  ...noTypes.map(([id, title, text]) =>
    line(
      `missing-type-${id}`,
      `A type that is ${title} is missing`,
      "R-2",
      `{"type":${text},"channel":"lounge","pid":1}`,
      rejected("missing_type"),
    ),
  ),
  ...values.map(([id, title, text]) =>
    line(
      `field-${id}`,
      `A field that protocol 1 does not know is ignored: ${title}`,
      "M-11",
      beatWith(text),
      beaten(1),
    ),
  ),
  ...inherited.map((name) =>
    line(
      `field-named-${name.replaceAll("_", "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      `A field named ${name} is ignored`,
      "J-9 M-11",
      `{"type":"heartbeat","channel":"lounge","pid":1,"${name}":{"pid":2,"type":"register"}}`,
      beaten(1),
    ),
  ),
  line(
    "field-proto-first",
    "A field named __proto__ gives the message no field, wherever it stands",
    "J-9 M-1",
    '{"__proto__":{"channel":"lounge"},"type":"heartbeat","pid":1}',
    invalidField("channel"),
  ),
  line(
    "field-proto-type",
    "Nor does it give it a type",
    "J-9 R-2",
    '{"__proto__":{"type":"heartbeat","channel":"lounge","pid":1}}',
    rejected("missing_type"),
  ),
  line(
    "field-proto-optional",
    "Nor an optional field",
    "J-9 M-11",
    '{"__proto__":{"rss_mb":5},"type":"heartbeat","channel":"lounge","pid":1}',
    beaten(1),
  ),
  line(
    "field-proto-null",
    "A field named __proto__ that holds null is ignored",
    "J-9 M-11",
    '{"__proto__":null,"type":"heartbeat","channel":"lounge","pid":1}',
    beaten(1),
  ),
  line(
    "field-lone-surrogate",
    "A lone surrogate in a field that protocol 1 does not know is ignored",
    "M-11 M-8",
    beatWith('"\\ud800"'),
    beaten(1),
    {
      or: [[rejected("invalid_json")]],
    },
  ),
  line(
    "field-of-another-message",
    "Fields of other messages are unknown, whatever they hold",
    "M-11",
    '{"type":"unregister","channel":"lounge","pid":1,"features":5,"rss_mb":"x","model":null,"value":1e400}',
    message({ type: "unregister", channel: "lounge", pid: 1 }),
  ),
  line(
    "field-of-later-protocol",
    "A later protocol may add fields",
    "M-11",
    '{"type":"heartbeat","channel":"lounge","pid":1,"mood":"good","tags":["a"],"protocol":2}',
    beaten(1),
  ),
  line(
    "field-capital",
    "Pid is another field than pid",
    "M-11 M-1",
    '{"type":"heartbeat","channel":"lounge","Pid":1}',
    invalidField("pid"),
  ),
  line(
    "field-capital-beside",
    "PID beside pid is ignored",
    "M-11",
    '{"type":"heartbeat","channel":"lounge","pid":1,"PID":2}',
    beaten(1),
  ),
  line(
    "field-camel-case",
    "tokensIn is another field than tokens_in",
    "M-11 M-1",
    '{"type":"llm_usage","channel":"lounge","model":"m","feature":"f","tokensIn":1,"tokens_out":1}',
    invalidField("tokens_in"),
  ),
  line(
    "field-with-space",
    "A field name with a space behind it is another",
    "M-11 M-1",
    '{"type":"heartbeat","channel":"lounge","pid ":1}',
    invalidField("pid"),
  ),
  line(
    "fields-thousand",
    "A thousand unknown fields are ignored",
    "M-11",
    [
      '{"type":"heartbeat",',
      ...Array.from({ length: 1000 }, (_, i) => `"x${i}":0,`).join(""),
      '"channel":"lounge","pid":1}',
    ],
    beaten(1),
  ),
];
