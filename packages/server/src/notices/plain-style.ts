import type { Notice } from "../alerts/notice.js";
import { bytesOf, type TextStyle } from "./fit-text.js";
import { MomentText } from "./moment-text.js";
import type { Span } from "./notice-text.js";

/** Text without any markup. */
export function plainStyle(notice: Notice, length: TextStyle["length"] = bytesOf): TextStyle {
  const moments = new MomentText(notice);
  return { length, span: (span) => plainSpan(span, moments) };
}

export function plainSpan(span: Span, moments: MomentText): string {
  if (span.kind === "time") return span.ago ? moments.ago(span.ms) : moments.at(span.ms);
  return span.text;
}

/**
 * The same where a program that shows it makes links of addresses by itself: none of what a bot
 * chose.
 */
export function unlinkedStyle(notice: Notice): TextStyle {
  const moments = new MomentText(notice);
  return {
    length: bytesOf,
    span: (span) => {
      const text = plainSpan(span, moments);
      return span.kind === "name" || span.kind === "quote"
        ? text.replaceAll(/:\/\//g, ": //").replaceAll(/www\./gi, "www .")
        : text;
    },
  };
}
