import type { RejectionReason } from "../src/rejection.js";
import type { Part } from "./stream.js";
import type { Tagged } from "./value.js";

/**
 * What every case has; the file's name and a slash stand before `id` once the suite is put
 * together.
 */
export interface CaseHead {
  id: string;
  title: string;
  level: "must" | "should" | "may";
  spec: string[];
  /** The minor version of the protocol that the case is about; absent: every one. */
  since?: string;
}

export type DecodeEvent = { message: Tagged } | { rejected: RejectionReason; field?: string };

export interface DecodeCase extends CaseHead {
  chunks: Part[][];
  events: DecodeEvent[];
  or?: DecodeEvent[][];
  large?: true;
}

export interface EncodeCase extends CaseHead {
  message: Tagged;
  decodes_to?: Tagged;
  refused?: string;
}
