/** Why a message makes no line. */
export interface Refusal {
  /** The first invalid field, in the order of the line; `message` if there are no fields. */
  readonly field: string;
  readonly value: unknown;
  /** What was expected of the field; absent if it could not be read. */
  readonly expected?: string;
  /** Whether the value is of the right kind, and only out of its range. */
  readonly isOfKind?: boolean;
  /** What was thrown when the field was read. */
  readonly cause?: unknown;
}

/**
 * The refusal in words, the field first: `tokens_in: expected an integer ..., got "7"`. Never
 * throws.
 */
export function messageOfRefusal({ field, value, expected }: Refusal): string {
  return expected === undefined
    ? `${field}: could not be read`
    : `${field}: expected ${expected}, got ${describeValue(value)}`;
}

/** RangeError where only the range is wrong, else TypeError. */
export function errorOfRefusal(refusal: Refusal): Error {
  const { isOfKind, cause } = refusal;
  const message = messageOfRefusal(refusal);
  if (isOfKind) return new RangeError(message);
  return cause === undefined ? new TypeError(message) : new TypeError(message, { cause });
}

/** A value in a message for a programmer, shortened; never throws, whatever the value is. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") {
    return value.length > 40 ? `a string of ${value.length} UTF-16 units` : `"${escaped(value)}"`;
  }
  if (typeof value === "number" || typeof value === "boolean" || value === undefined || value === null) {
    return `${value}`;
  }
  return `a value of type ${typeof value}`;
}

/**
 * The string as JSON writes it between quotes; without JSON.stringify, which tests and APMs
 * replace.
 */
export function escaped(text: string): string {
  return text.replace(/[^ !#-[\]-\uffff]/g, (unit) =>
    unit < " " ? `\\u00${unit.charCodeAt(0).toString(16).padStart(2, "0")}` : `\\${unit}`,
  );
}
