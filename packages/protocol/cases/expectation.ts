import type { RejectionReason } from "../src/rejection.js";
import type { CaseHead, DecodeCase, DecodeEvent } from "./case.js";
import { type Piece, partOf } from "./stream.js";
import { type Tagged, tagged } from "./value.js";

/*
 * What comes out of a decoder is written down by an author who read the specification. Nothing in
 * this folder runs a decoder: a case that ours had answered would prove nothing about ours.
 */

export const message = (value: Tagged): DecodeEvent => ({ message: tagged(value) });

export const rejected = (reason: Exclude<RejectionReason, "invalid_field">): DecodeEvent => ({
  rejected: reason,
});

export const invalidField = (field: string): DecodeEvent => ({ rejected: "invalid_field", field });

interface Extra {
  level?: CaseHead["level"];
  or?: DecodeEvent[][];
  large?: true;
}

/** What a hundred megabytes may take, also over the pipe of a driver on a busy machine. */
const largeWithinMs = 30_000;

/** A case of a stream in chunks, each of pieces. */
export function stream(
  id: string,
  title: string,
  spec: string,
  chunks: (Piece | Piece[])[],
  events: DecodeEvent[],
  { level = "must", or, large }: Extra = {},
): DecodeCase {
  return {
    id,
    title,
    level,
    spec: spec.split(" "),
    chunks: chunks.map((chunk) => (Array.isArray(chunk) ? chunk : [chunk]).map(partOf)),
    events,
    ...(or === undefined ? {} : { or }),
    ...(large === undefined ? {} : { large, within_ms: largeWithinMs }),
  };
}

/** A case of one line, which is given without its newline, in one chunk. */
export function line(
  id: string,
  title: string,
  spec: string,
  content: Piece | Piece[],
  event: DecodeEvent,
  extra: Extra = {},
): DecodeCase {
  const pieces = Array.isArray(content) ? content : [content];
  return stream(id, title, spec, [[...pieces, "\n"]], [event], extra);
}
