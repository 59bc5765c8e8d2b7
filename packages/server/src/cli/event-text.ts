import type { BotStatus } from "@kissbot/store";
import { plainText } from "../config/quoted-text.js";
import type { EventRow } from "./event-row.js";
import { spanText } from "./quantity-text.js";
import type { Style } from "./terminal.js";
import { cutToWidth, linesOfWidth, textWidth } from "./text-width.js";
import type { TimeText } from "./time-text.js";

interface Canvas {
  readonly columns: number | null;
  style(style: Style, text: string): string;
}

const gap = "  ";
const timeWidth = "2026-11-26 02:44:50".length;
const changeWidth = "offline → online".length;
/** A longer name moves what stands behind it in its own line alone. */
const mostNameWidth = 24;

const styles: Record<BotStatus, Style> = { dead: "red", stale: "yellow", offline: "dim", online: "green" };

/**
 * Lines of events under one head, which need not be known together: the column of names grows with
 * the longest name so far. Why a bot changed stands in the event's line, and where the terminal is
 * too narrow for that, below it.
 */
export class EventText {
  readonly #canvas: Canvas;
  readonly #times: TimeText;
  #nameWidth = "CHANNEL".length;

  constructor(canvas: Canvas, times: TimeText) {
    this.#canvas = canvas;
    this.#times = times;
  }

  /** Makes room for these names. */
  widen(events: readonly EventRow[]): void {
    for (const { channel } of events) {
      const width = Math.min(textWidth(plainText(channel)), mostNameWidth);
      this.#nameWidth = Math.max(this.#nameWidth, width);
    }
  }

  head(): string {
    const time = padded(`TIME (${this.#times.zone})`, timeWidth);
    const heads = [time, padded("CHANNEL", this.#nameWidth), padded("CHANGE", changeWidth), "WHY"];
    return this.#canvas.style("dim", this.#cut(heads.join(gap)));
  }

  /** `downMs`: how long the bot was down, where this event ends that. */
  event(event: EventRow, downMs: number | null): string {
    this.widen([event]);
    const room = this.#canvas.columns ?? Number.POSITIVE_INFINITY;
    const nameRoom = Math.max(12, room - timeWidth - changeWidth - 2 * gap.length);
    const name = padded(cutToWidth(plainText(event.channel), nameRoom), this.#nameWidth);
    const start = `${this.#times.second(event.ts)}${gap}${name}${gap}`;
    const change = changeText(event);
    const why = plainText(whyText(event, downMs));
    const style = isTrouble(event) ? "yellow" : styles[event.to_status];
    const shown = start + this.#canvas.style(style, change);
    if (textWidth(start) + changeWidth + gap.length + textWidth(why) <= room) {
      return `${shown}${" ".repeat(changeWidth - textWidth(change))}${gap}${why}`;
    }
    const indent = " ".repeat(Math.min(timeWidth + gap.length, Math.floor(room / 3)));
    const below = linesOfWidth(why, Math.max(1, room - indent.length)).map((part) => indent + part);
    return [shown, ...below].join("\n");
  }

  #cut(text: string): string {
    const { columns } = this.#canvas;
    return columns === null ? text : cutToWidth(text, columns);
  }
}

/** `online → dead`; of trouble, which changes no status, the word for that. */
export function changeText(event: EventRow): string {
  if (isTrouble(event)) return event.trouble === null ? "trouble over" : "in trouble";
  return `${event.from_status ?? "new"} → ${event.to_status}`;
}

/** Why, and what else is worth a word: how long the bot was down, or how long the process lived that ended. */
export function whyText(event: EventRow, downMs: number | null): string {
  if (isTrouble(event)) return event.trouble ?? event.cause;
  const words = [event.cause];
  if (downMs !== null) {
    const how = event.from_status === "offline" ? "was offline" : "was down";
    words.push(`${how} for ${downMs < 1_000 ? "less than 1 s" : spanText(downMs)}`);
  } else if (event.to_status !== "online" && event.lived_ms !== null) {
    words.push(`lived ${event.lived_ms < 1_000 ? "less than 1 s" : spanText(event.lived_ms)}`);
  }
  return words.join("; ");
}

function isTrouble({ from_status: from, to_status: to }: EventRow): boolean {
  return from === to;
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}
