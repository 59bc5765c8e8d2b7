/** A value in a case file: JSON, with tagged objects for what not every JSON parser carries. */
export type Tagged = null | boolean | number | string | Tagged[] | { [name: string]: Tagged };

type TextPart = string | { repeat: string; times: number } | { utf16: number[] };

/**
 * The double nearest to a decimal that not every JSON parser reads as one; also `NaN`, `Infinity`,
 * `-Infinity`.
 */
export const number = (decimal: string): Tagged => ({ $number: decimal });

/** A long string, or one that is not well-formed. */
export const text = (...parts: TextPart[]): Tagged => ({ $string: parts });

/** An object with names that a JSON parser might trip over. */
export const entries = (...pairs: [name: Tagged, value: Tagged][]): Tagged => ({ $entries: pairs });

const limit = 2 ** 32;

/**
 * The value with each number tagged that is no integer within 32 bits; what is tagged already
 * stays.
 */
export function tagged(value: Tagged): Tagged {
  if (typeof value === "number") {
    if (Number.isInteger(value) && Math.abs(value) < limit)
      return Object.is(value, -0) ? number("-0") : value;
    return number(String(value));
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(tagged);
  if ("$number" in value || "$string" in value) return value;
  if ("$entries" in value) return { $entries: (value["$entries"] as Tagged[]).map(tagged) };
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, tagged(field)]));
}
