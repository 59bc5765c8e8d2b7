import type { DecodeEvent } from "./case.js";
import { invalidField, line, message } from "./expectation.js";
import { beaten, beatWith } from "./sample.js";
import { type Piece, repeat } from "./stream.js";
import { number as decimal, type Tagged } from "./value.js";

const metric = (...value: Piece[]): Piece[] => [
  '{"type":"custom_metric","channel":"lounge","metric_name":"queue","value":',
  ...value,
  "}",
];
const measured = (value: Tagged): DecodeEvent =>
  message({ type: "custom_metric", channel: "lounge", metric_name: "queue", value });
const refused = invalidField("value");

const usage = (tokens: string): string =>
  `{"type":"llm_usage","channel":"lounge","model":"m","feature":"f","tokens_in":${tokens},"tokens_out":0}`;
const used = (tokens: Tagged): DecodeEvent =>
  message({
    type: "llm_usage",
    channel: "lounge",
    model: "m",
    feature: "f",
    tokens_in: tokens,
    tokens_out: 0,
  });

const process = (pid: string): string => `{"type":"heartbeat","channel":"lounge","pid":${pid}}`;

/** Numbers whose value an author can tell: the double nearest to what is written. */
const values: [id: string, title: string, text: string, value: Tagged][] = [
  ["zero", "0", "0", 0],
  ["minus-zero", "-0 means 0", "-0", 0],
  ["minus-zero-fraction", "-0.0 means 0", "-0.0", 0],
  ["integral-float", "7.0 is 7", "7.0", 7],
  ["exponent", "7e2 is 700", "7e2", 700],
  ["upper-exponent", "7E2 is 700", "7E2", 700],
  ["exponent-plus", "7e+2 is 700", "7e+2", 700],
  ["exponent-minus", "700e-2 is 7", "700e-2", 7],
  ["exponent-zeros", "7e002 is 700: an exponent may begin with zeros", "7e002", 700],
  ["fraction", "A fraction is read to the nearest double", "0.1", decimal("0.1")],
  [
    "fraction-with-more-digits",
    "More digits than a double has are rounded",
    "0.1000000000000000055511151231257827",
    decimal("0.1"),
  ],
  ["negative", "A negative number", "-12.5", decimal("-12.5")],
  [
    "seventeen-digits",
    "Seventeen digits are read exactly",
    "0.30000000000000004",
    decimal("0.30000000000000004"),
  ],
  ["largest-safe", "2^53 - 1", "9007199254740991", decimal("9007199254740991")],
  ["two-to-53", "2^53", "9007199254740992", decimal("9007199254740992")],
  ["two-to-53-plus-1", "2^53 + 1 is read as a double, 2^53", "9007199254740993", decimal("9007199254740992")],
  [
    "two-to-53-plus-3",
    "2^53 + 3 is read as a double, 2^53 + 4",
    "9007199254740995",
    decimal("9007199254740996"),
  ],
  [
    "largest-int64",
    "2^63 - 1 is read as a double, 2^63",
    "9223372036854775807",
    decimal("9223372036854775808"),
  ],
  ["two-to-64", "2^64 overflows nothing", "18446744073709551616", decimal("18446744073709551616")],
  ["minus-two-to-64", "-2^64 overflows nothing", "-18446744073709551616", decimal("-18446744073709551616")],
  ["largest-double", "The largest double", "1.7976931348623157e308", decimal("1.7976931348623157e308")],
  [
    "below-half-above-largest",
    "What rounds to the largest double is finite",
    "1.7976931348623158e308",
    decimal("1.7976931348623157e308"),
  ],
  ["smallest-double", "The smallest double above 0", "5e-324", decimal("5e-324")],
  ["underflow", "1e-400 is nearest to 0", "1e-400", 0],
  ["minus-underflow", "-1e-400 is nearest to 0", "-1e-400", 0],
  ["zero-huge-exponent", "0e400 is 0", "0e400", 0],
];

export const number = [
  ...values.map(([id, title, text, value]) =>
    line(`value-${id}`, title, id.includes("minus-zero") ? "J-7 M-9" : "J-7", metric(text), measured(value)),
  ),
  line(
    "value-integer-of-300-digits",
    "An integer of 300 digits is read as a double",
    "J-7",
    metric("1", repeat("0", 299)),
    measured(decimal("1e299")),
  ),
  line(
    "value-integer-of-309-digits-in-range",
    "An integer of 309 digits is within the range of a double",
    "J-7",
    metric("1", repeat("0", 308)),
    measured(decimal("1e308")),
  ),
  line(
    "value-fraction-of-5000-digits",
    "A fraction of 5000 digits is read as a double",
    "J-7",
    metric("0.", repeat("3", 5000)),
    measured(decimal("0.3333333333333333")),
  ),
  line(
    "value-5000-zeros-behind-the-point",
    "5000 zeros behind the point change nothing",
    "J-7",
    metric("7.", repeat("0", 5000)),
    measured(7),
  ),
  line(
    "value-huge-integer-small-exponent",
    "5000 digits and an exponent that takes them back",
    "J-7",
    metric("1", repeat("0", 4999), "e-4999"),
    measured(1),
  ),
  line("value-1e400", "1e400 is JSON, and no finite number", "J-7 R-4", metric("1e400"), refused),
  line("value-minus-1e400", "-1e400 is JSON, and no finite number", "J-7 R-4", metric("-1e400"), refused),
  line("value-1e309", "1e309 is beyond the range of a double", "J-7", metric("1e309"), refused),
  line(
    "value-half-above-largest",
    "What rounds beyond the largest double is not finite",
    "J-7",
    metric("1.7976931348623159e308"),
    refused,
  ),
  line(
    "value-exponent-of-20-digits",
    "An exponent that overflows an integer",
    "J-7",
    metric("1e99999999999999999999"),
    refused,
  ),
  line(
    "value-5000-digits",
    "An integer of 5000 digits is no finite number, and fails in no other way",
    "J-7",
    metric(repeat("9", 5000)),
    refused,
  ),
  line(
    "value-minus-5000-digits",
    "A negative integer of 5000 digits is no finite number",
    "J-7",
    metric("-", repeat("9", 5000)),
    refused,
  ),
  line(
    "pid-5000-digits",
    "A process id of 5000 digits is out of range",
    "J-7 R-4",
    ['{"type":"heartbeat","channel":"lounge","pid":', repeat("1", 5000), "}"],
    invalidField("pid"),
  ),
  line(
    "unknown-1e400",
    "1e400 in a field that protocol 1 does not know is ignored",
    "J-7 M-11",
    beatWith("1e400"),
    beaten(1),
  ),
  line(
    "unknown-minus-1e400",
    "-1e400 in a field that protocol 1 does not know is ignored",
    "J-7 M-11",
    beatWith("[-1e400]"),
    beaten(1),
  ),
  line(
    "unknown-5000-digits",
    "An integer of 5000 digits in a field that protocol 1 does not know is ignored",
    "J-7 M-11",
    beatWith(repeat("9", 5000)),
    beaten(1),
  ),
  line(
    "unknown-nested-5000-digits",
    "So is one that is nested",
    "J-7 M-11",
    beatWith('{"a":[', repeat("9", 5000), "]}"),
    beaten(1),
  ),
  line(
    "unknown-exponent-of-20-digits",
    "So is a number whose exponent overflows an integer",
    "J-7 M-11",
    beatWith("1e99999999999999999999"),
    beaten(1),
  ),
  line(
    "unknown-huge-negative-exponent",
    "So is a number nearest to 0",
    "J-7 M-11",
    beatWith("1e-99999999999999999999"),
    beaten(1),
  ),
  line("pid-integral-float", "4242.0 is an integer", "J-7", process("4242.0"), beaten(4242)),
  line("pid-exponent", "4.242e3 is an integer", "J-7", process("4.242e3"), beaten(4242)),
  line("pid-negative-exponent", "42420e-1 is an integer", "J-7", process("42420e-1"), beaten(4242)),
  line(
    "pid-many-zeros",
    "4242 with twenty zeros behind its point is an integer",
    "J-7",
    process("4242.00000000000000000000"),
    beaten(4242),
  ),
  line("pid-fraction", "4242.5 is no integer", "J-7 M-3", process("4242.5"), invalidField("pid")),
  line(
    "pid-tiny-fraction",
    "A fraction that a double cannot hold is not there: 4242.00000000000000000001",
    "J-7",
    process("4242.00000000000000000001"),
    beaten(4242),
  ),
  line("tokens-exponent", "8.12e2 tokens are 812", "J-7", usage("8.12e2"), used(812)),
  line("tokens-minus-zero", "-0 tokens are 0", "J-7 M-9", usage("-0"), used(0)),
  line("tokens-minus-zero-float", "-0.0 tokens are 0", "J-7 M-9", usage("-0.0"), used(0)),
  line("tokens-1e15", "1e15 tokens are an integer", "J-7", usage("1e15"), used(decimal("1e15"))),
  line(
    "tokens-largest",
    "2^53 - 1 tokens are the most",
    "J-7 M-3",
    usage("9007199254740991"),
    used(decimal("9007199254740991")),
  ),
  line(
    "tokens-two-to-53",
    "2^53 tokens are out of range",
    "J-7 M-3",
    usage("9007199254740992"),
    invalidField("tokens_in"),
  ),
  line(
    "tokens-two-to-53-plus-1",
    "2^53 + 1 tokens are out of range",
    "J-7 M-3",
    usage("9007199254740993"),
    invalidField("tokens_in"),
  ),
  line(
    "tokens-rounds-to-largest",
    "9007199254740991.4 is read as the double 9007199254740991",
    "J-7",
    usage("9007199254740991.4"),
    used(decimal("9007199254740991")),
  ),
  line(
    "tokens-two-to-64",
    "2^64 tokens do not wrap around to 0",
    "J-7 M-3",
    usage("18446744073709551616"),
    invalidField("tokens_in"),
  ),
  line("tokens-half", "Half a token is no integer", "M-3", usage("0.5"), invalidField("tokens_in")),
  line("tokens-1e400", "1e400 tokens are out of range", "J-7", usage("1e400"), invalidField("tokens_in")),
  line(
    "pid-two-to-32-plus-1",
    "2^32 + 1 does not wrap around to process 1",
    "J-7 M-3",
    process("4294967297"),
    invalidField("pid"),
  ),
  line(
    "pid-two-to-64-plus-1",
    "2^64 + 1 does not wrap around to process 1",
    "J-7 M-3",
    process("18446744073709551617"),
    invalidField("pid"),
  ),
];
