import { describeValue, expectationOf } from "./expectation.js";

/** Why a message makes no line. */
export interface Refusal {
  /** The first field that is not valid, in the order of the line; `message` where the fields could not even be read. */
  readonly field: string;
  readonly value: unknown;
  /** Which feature it is, where `value` is a flag that is no boolean. */
  readonly key?: string | undefined;
  /** What the field wants, where that is not a matter of the field alone. */
  readonly expected?: string | undefined;
  /** What was thrown when the fields were read. */
  readonly cause?: unknown;
}

/** The refusal in words, the field first: `tokens_in: expected an integer ..., got "7"`. Never throws. */
export function messageOfRefusal({ field, value, key, expected }: Refusal): string {
  const wanted = key === undefined ? expectationOf(field).text : `${describeValue(key)} to be true or false`;
  return `${field}: expected ${expected ?? wanted}, got ${describeValue(value)}`;
}

/** RangeError where only the range is wrong, else TypeError. */
export function errorOfRefusal(refusal: Refusal): Error {
  const { field, value, cause } = refusal;
  const options = cause === undefined ? undefined : { cause };
  const Kind = expectationOf(field).kind(value) ? RangeError : TypeError;
  return new Kind(messageOfRefusal(refusal), options);
}
