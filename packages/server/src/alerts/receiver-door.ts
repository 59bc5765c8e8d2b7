import type { ReceiverSettings } from "../config/alert-settings.js";
import type { Notice } from "./notice.js";

/**
 * The exact bytes that each attempt for a notice sends, and a plainer text for a receiver that
 * cannot read them.
 */
export interface RenderedNotice {
  readonly noticeId: string;
  readonly body: string;
  readonly plain: string | null;
}

export type Answer =
  | { readonly kind: "delivered"; readonly remoteId: string | null; readonly status: string }
  /** Surely not taken: to be tried later. */
  | { readonly kind: "refused"; readonly retryAfterMs: number | null; readonly detail: string }
  /** Perhaps taken: the same bytes under the same id again. */
  | { readonly kind: "in_doubt"; readonly detail: string }
  /** The address or the secret is wrong: one attempt an hour. */
  | { readonly kind: "broken"; readonly detail: string }
  /** It cannot read these bytes: once more as plain text. */
  | { readonly kind: "unfit"; readonly detail: string };

/** A receiver as the desk sees it. */
export interface ReceiverDoor {
  readonly name: string;
  readonly kind: string;
  /** The most alerts in one notice; others come with the next one. Any number, if absent. */
  readonly mostItems?: number;
  /** Never throws. */
  render(notice: Notice): RenderedNotice;
  /** Never rejects; has a deadline of its own. */
  send(rendered: RenderedNotice, signal: AbortSignal): Promise<Answer>;
}

/** The alerts that a receiver wants. */
export interface ReceiverTerms extends Omit<ReceiverSettings, "target" | "mention"> {
  /** Changes when the receiver's address changes. */
  readonly mark?: string;
}
