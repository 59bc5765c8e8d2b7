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
  /** The first version of the protocol for which the case holds. Absent here: 1.0. */
  since?: string;
  /** The version of the suite that added the case; absent: one before 1.2.0. */
  suite?: string;
}

export type DecodeEvent = { message: Tagged } | { rejected: RejectionReason; field?: string };

export interface DecodeCase extends CaseHead {
  chunks: Part[][];
  events: DecodeEvent[];
  or?: DecodeEvent[][];
  large?: true;
  /** How long a large case may take. */
  within_ms?: number;
}

export interface EncodeCase extends CaseHead {
  message: Tagged;
  decodes_to?: Tagged;
  refused?: string;
}
