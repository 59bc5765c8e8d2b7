import type { BotStatus } from "@kissbot/store";
import { plainText } from "../quoted-text.js";
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
const leastTimeWidth = "2026-11-26 02:44:50".length;
const changeWidth = "offline → online".length;
/** A longer name shifts the columns of its own line only. */
const mostNameWidth = 24;
/** If a name leaves no room for this, the change goes below it. */
const leastNameWidth = 12;

const styles: Record<BotStatus, Style> = { dead: "red", stale: "yellow", offline: "dim", online: "green" };

/**
 * Formats events under one head as they come: the column of names grows with the longest name so
 * far. The reason is in the event's line or, in a narrow terminal, below it.
 */
export class EventText {
  readonly #canvas: Canvas;
  readonly #times: TimeText;
  readonly #timeHead: string;
  readonly #timeWidth: number;
  #nameWidth = "CHANNEL".length;

  constructor(canvas: Canvas, times: TimeText) {
    this.#canvas = canvas;
    this.#times = times;
    this.#timeHead = `TIME (${times.zone})`;
    // Many zones have a longer name than a time has.
    this.#timeWidth = Math.max(leastTimeWidth, textWidth(this.#timeHead));
  }

  /** Makes room for these names. */
  widen(events: readonly EventRow[]): void {
    for (const { channel } of events) {
      const width = Math.min(textWidth(plainText(channel)), mostNameWidth);
      this.#nameWidth = Math.max(this.#nameWidth, width);
    }
  }

  head(): string {
    const time = padded(this.#timeHead, this.#isNarrow ? 0 : this.#timeWidth);
    const name = padded("CHANNEL", this.#nameWidth);
    const heads = this.#isNarrow ? [time, name] : [time, name, padded("CHANGE", changeWidth), "WHY"];
    return this.#canvas.style("dim", this.#cut(heads.join(gap)));
  }

  /** `downMs`: how long the bot was down, where this event ends that. */
  event(event: EventRow, downMs: number | null): string {
    this.widen([event]);
    const time = this.#times.second(event.ts);
    const channel = plainText(event.channel);
    const change = changeText(event);
    const why = plainText(whyText(event, downMs));
    const isForgotten = event.cause_code === "forgotten";
    const style = isTrouble(event) ? "yellow" : styles[isForgotten ? "offline" : event.to_status];
    if (this.#isNarrow) {
      const changes = this.#below(change).map((part) => this.#canvas.style(style, part));
      return [this.#cut(time + gap + channel), ...changes, ...this.#below(why)].join("\n");
    }
    const name = padded(cutToWidth(channel, this.#nameRoom), this.#nameWidth);
    const start = padded(time, this.#timeWidth) + gap + name + gap;
    const shown = start + this.#canvas.style(style, change);
    if (textWidth(start) + changeWidth + gap.length + textWidth(why) <= this.#room) {
      return `${shown}${" ".repeat(changeWidth - textWidth(change))}${gap}${why}`;
    }
    return [shown, ...this.#below(why)].join("\n");
  }

  /** Read each time: the terminal may have been resized. */
  get #room(): number {
    return this.#canvas.columns ?? Number.POSITIVE_INFINITY;
  }

  get #nameRoom(): number {
    return this.#room - this.#timeWidth - changeWidth - 2 * gap.length;
  }

  get #isNarrow(): boolean {
    return this.#nameRoom < leastNameWidth;
  }

  #below(text: string): string[] {
    const indent = Math.min(this.#timeWidth + gap.length, Math.floor(this.#room / 3));
    return linesOfWidth(text, Math.max(1, this.#room - indent)).map((part) => " ".repeat(indent) + part);
  }

  #cut(text: string): string {
    const { columns } = this.#canvas;
    return columns === null ? text : cutToWidth(text, columns);
  }
}

/**
 * `online → dead`; of trouble and of a bot that was forgotten, which change no status, the word for
 * that.
 */
export function changeText(event: EventRow): string {
  if (event.cause_code === "forgotten") return "forgotten";
  if (isTrouble(event)) return event.trouble === null ? "trouble over" : "in trouble";
  return `${event.from_status ?? "new"} → ${event.to_status}`;
}

/**
 * Why, and what else is worth a word: how long the bot was down, or how long the process lived that
 * ended.
 */
export function whyText(event: EventRow, downMs: number | null): string {
  if (isTrouble(event)) return event.trouble ?? event.cause;
  if (event.cause_code === "forgotten") return event.cause;
  const words = [event.cause];
  if (downMs !== null) {
    const how = event.from_status === "offline" ? "was offline" : "was down";
    words.push(`${how} for ${downMs < 1_000 ? "less than 1 s" : spanText(downMs)}`);
  } else if (event.to_status !== "online" && event.lived_ms !== null) {
    words.push(`lived ${event.lived_ms < 1_000 ? "less than 1 s" : spanText(event.lived_ms)}`);
  }
  return words.join("; ");
}

function isTrouble({ from_status: from, to_status: to, cause_code: code }: EventRow): boolean {
  return from === to && code !== "forgotten";
}

function padded(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}
