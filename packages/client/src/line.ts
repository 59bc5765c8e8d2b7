import type { Message } from "@kissbot/protocol";
import { byteLength, copyOf } from "./runtime.js";

export type LineType = Message["type"];

/** Tells a caller, once, whether its line was handed to the operating system. */
export type Settle = (sent: boolean) => void;

/**
 * One encoded message to send. `settle` is set while a caller waits for the outcome of this tick;
 * the code that calls it removes it.
 */
export class Line {
  readonly type: LineType;
  text: string;
  bytes: number;
  /** Its place in the order of calls. */
  order = 0;
  settle: Settle | undefined = undefined;
  /** The text is in bytes of its own. */
  detached = false;
  /**
   * The reason that made it a line: a call of the bot, which is counted, or a new connection, which
   * is not.
   */
  readonly counted: boolean;

  constructor(type: LineType, text: string, counted = true, bytes = byteLength(text)) {
    this.type = type;
    this.text = text;
    this.bytes = bytes;
    this.counted = counted;
  }

  /** Settles the waiting call, if there still is one; never twice. */
  tellOutcome(sent: boolean): void {
    const settle = this.settle;
    if (settle === undefined) return;
    this.settle = undefined;
    settle(sent);
  }

  /**
   * The line has to wait: from now on it holds only its own bytes. Before, its text is a tree of
   * pieces, some of which may be slices of a megabyte of the bot's. With `isTold`, resolves the
   * waiting call with false. Returns whether there was anything to do.
   */
  stay(isTold: boolean): boolean {
    const isNew = !this.detached || (isTold && this.settle !== undefined);
    if (!this.detached) this.text = copyOf(this.text);
    this.detached = true;
    if (isTold) this.tellOutcome(false);
    return isNew;
  }
}

/**
 * Whether a line of this type is a row: each one matters, unlike a state, of which only the newest
 * does.
 */
export function isRow(type: LineType): boolean {
  return type === "llm_usage" || type === "custom_metric";
}

/** The fields of a row that can hold anything but ASCII, beside the channel. */
export interface Names {
  readonly model?: string;
  readonly feature?: string;
  readonly provider?: string;
  readonly metric_name?: string;
}

/**
 * How many bytes more than UTF-16 units the names take in UTF-8, and thus the line that they are
 * in. Looking at them is quicker than asking the runtime for the length of the line: that took a
 * third of a call, as the runtime first copies the line together from its pieces.
 */
export function extraBytesOfNames({ model, feature, provider, metric_name }: Names): number {
  return extraBytesOf(model) + extraBytesOf(feature) + extraBytesOf(provider) + extraBytesOf(metric_name);
}

/** The same of one well-formed string, or of an absent one. */
export function extraBytesOf(text: string | null | undefined): number {
  if (!text) return 0;
  let extra = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // Half of a surrogate pair is half of four bytes.
    if (unit >= 0x80) extra += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return extra;
}
