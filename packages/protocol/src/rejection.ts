import type { DecodedMessage } from "./generated/message.js";

/**
 * Why a line is not a message. The list is closed within protocol 1, and its order is the
 * precedence: of several faults in one line, the first of this list is reported.
 */
export const rejectionReasons = [
  "line_too_long",
  "truncated",
  "invalid_utf8",
  "invalid_json",
  "not_an_object",
  "too_deep",
  "missing_type",
  "unknown_type",
  "invalid_field",
] as const;

export type RejectionReason = (typeof rejectionReasons)[number];

/**
 * What decoding a line gives. `field` is the wire name of the first faulty field in the order of
 * the specification's table; it is there when `reason` is `invalid_field`, and only then. A message
 * holds only the fields that protocol 1 knows; an optional field that was absent or `null` is not
 * there, except that a `register` always has `features`.
 */
export type DecodeResult =
  | { ok: true; message: DecodedMessage }
  | { ok: false; reason: RejectionReason; field?: string };
