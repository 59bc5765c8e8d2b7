import type { BadValue, GoodValue } from "./field-value.js";
import { number, type Tagged } from "./value.js";

export type QuantityKind = "pid" | "count" | "amount" | "interval" | "number" | "time";

type Good = [id: string, title: string, text: string, value: Tagged, spec?: string];
type Bad = [id: string, title: string, text: string, spec?: string];

const largest = "1.7976931348623157e308";

const smallAmounts: Good[] = [
  ["zero", "0", "0", 0],
  ["minus-zero", "-0 means 0", "-0", 0, "M-9"],
  ["minus-zero-float", "-0.0 means 0", "-0.0", 0, "M-9"],
  ["smallest-double", "the smallest double above 0", "5e-324", number("5e-324")],
  ["fraction", "a fraction", "812.5", number("812.5")],
  ["largest-double", "the largest double", largest, number(largest)],
];

const good: Record<QuantityKind, Good[]> = {
  pid: [
    ["one", "1, the least", "1", 1],
    ["two-to-31", "2^31", "2147483648", 2147483648],
    ["two-to-32-minus-1", "2^32 - 1, the most", "4294967295", 4294967295],
    ["integral-float", "a float that is an integer", "7.0", 7, "J-7"],
  ],
  count: [
    ["zero", "0, the least", "0", 0],
    ["minus-zero", "-0 means 0", "-0", 0, "M-9"],
    ["two-to-32", "2^32", "4294967296", number("4294967296")],
    ["two-to-53-minus-1", "2^53 - 1, the most", "9007199254740991", number("9007199254740991")],
    ["integral-float", "a float that is an integer", "812.0", 812, "J-7"],
    ["exponent", "an integer with an exponent", "8.12e2", 812, "J-7"],
  ],
  amount: smallAmounts,
  interval: [
    ["smallest-double", "the smallest double above 0", "5e-324", number("5e-324")],
    ["fraction", "a fraction", "0.5", number("0.5")],
    ["thirty", "30", "30", 30],
    ["largest-double", "the largest double", largest, number(largest)],
  ],
  number: [
    ...smallAmounts,
    ["negative", "a negative number", "-1", -1],
    ["least-double", "the least double", `-${largest}`, number(`-${largest}`)],
  ],
  time: [
    ["milliseconds", "Unix milliseconds", "1790000000000", number("1790000000000"), "M-3 M-10"],
    ["fraction", "a fraction of a millisecond", "1790000000000.5", number("1790000000000.5"), "M-10"],
    ["zero", "0, which nobody believes and every receiver accepts", "0", 0, "M-10"],
    ["minus-zero", "-0 means 0", "-0", 0, "M-9"],
    ["before-1970", "a time before 1970", "-1", -1, "M-10"],
    ["seconds", "Unix seconds by mistake, which is a time in 1970", "1790000000", 1790000000, "M-10"],
    ["far-future", "a time in the far future", "1e300", number("1e300"), "M-10"],
    ["two-to-63", "2^63", "9223372036854775808", number("9223372036854775808"), "J-7 M-10"],
  ],
};

const infinite: Bad[] = [
  ["1e400", "1e400", "1e400", "J-7 R-4"],
  ["minus-1e400", "-1e400", "-1e400", "J-7 R-4"],
];

const bad: Record<QuantityKind, Bad[]> = {
  pid: [
    ["zero", "0", "0"],
    ["minus-zero", "-0, which means 0", "-0", "M-3 M-9"],
    ["minus-one", "-1", "-1"],
    ["two-to-32", "2^32", "4294967296"],
    ["fraction", "a fraction", "1.5"],
    ...infinite,
  ],
  count: [
    ["minus-one", "-1", "-1"],
    ["two-to-53", "2^53", "9007199254740992"],
    ["fraction", "a fraction", "1.5"],
    ["fraction-below-one", "a fraction below 1", "0.5"],
    ...infinite,
  ],
  amount: [
    ["minus-one", "-1", "-1"],
    ["minus-smallest-double", "the greatest double below 0", "-5e-324"],
    ...infinite,
  ],
  interval: [
    ["zero", "0", "0"],
    ["minus-zero", "-0, which means 0", "-0.0", "M-3 M-9"],
    ["underflow", "1e-400, which is nearest to 0", "1e-400", "J-7"],
    ["minus-one", "-1", "-1"],
    ...infinite,
  ],
  number: infinite,
  time: [...infinite, ["date-text", "a date as text", '"2026-01-01T00:00:00Z"', "M-3 R-4"]],
};

/** What a field of each kind may hold: its bounds, and doubles that lie on them. */
export const goodQuantities = map(good, (values): GoodValue[] =>
  values.map(([id, title, text, value, spec = "M-3"]) => ({ id, title, text, value, spec })),
);

/** What a field of each kind must not hold. */
export const badQuantities = map(bad, (values): BadValue[] =>
  values.map(([id, title, text, spec = "M-3 R-4"]) => ({ id, title, text, spec })),
);

function map<From, To>(
  record: Record<QuantityKind, From>,
  change: (from: From) => To,
): Record<QuantityKind, To> {
  return Object.fromEntries(Object.entries(record).map(([kind, value]) => [kind, change(value)])) as Record<
    QuantityKind,
    To
  >;
}
