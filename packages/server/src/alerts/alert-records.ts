import type { Episode } from "./episode.js";
import type { ItemKind } from "./notice.js";
import type { Silence } from "./silence.js";
import type { Work } from "./work.js";

/**
 * What a receiver knows of an alert. `maybe`: a message about it was never answered. `missed`:
 * nothing got through while it was open; it is to be reported as past. `over`: nothing more to
 * report.
 */
export type Phase = "told" | "maybe" | "missed" | "over";

export interface Tell {
  readonly phase: Phase;
  readonly noticeId: string;
  /** Unix milliseconds. */
  readonly tsMs: number;
  /** Of the alert, as the receiver knows it. */
  readonly grade: number;
}

/** `sending` ends with the answer; a doubt repeats it. The others are for good. */
export type NoticeState = "sending" | "sent" | "failed" | "doubtful";

/** `counted`: in the first message, which names no alert. */
export type EntryKind = ItemKind | "counted";

export interface NoticeEntry {
  readonly alertId: string;
  readonly kind: EntryKind;
  readonly rule: string;
  readonly subject: string;
  readonly grade: number;
}

/** A notice as it is stored: enough to send the same again after a kill. */
export interface NoticeRecord {
  readonly noticeId: string;
  readonly receiver: string;
  readonly kind: string;
  readonly state: NoticeState;
  readonly madeMs: number;
  readonly settledMs: number | null;
  readonly attempts: number;
  readonly entries: readonly NoticeEntry[];
  readonly body: string;
  readonly plain: string | null;
  readonly remoteId: string | null;
  /** What the receiver answered last. */
  readonly detail: string | null;
}

/** Where what must outlive the monitor goes, in this order. It never throws and never waits. */
export interface AlertRecords {
  alert(episode: Episode): void;
  recordTell(receiver: string, alertId: string, tell: Tell): void;
  /** Packs the entries of a notice, which may be many, so that `notice` is quick. */
  pack(entries: readonly NoticeEntry[]): Work<void>;
  notice(notice: NoticeRecord): void;
  silence(silence: Silence): void;
  fact(name: string, value: string): void;
  /** Whether this notice's intent is stored. */
  isStored(noticeId: string): boolean;
}
