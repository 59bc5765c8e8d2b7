import type { Message } from "@kissbot/protocol";

export type LineType = Message["type"];

/** Tells a caller, once, whether its line was handed to the operating system. */
export type Settle = (sent: boolean) => void;

/**
 * One encoded message on its way out. `settle` is there as long as somebody waits for the outcome of this tick; who calls
 * it takes it away.
 */
export class Line {
  readonly type: LineType;
  readonly text: string;
  readonly bytes: number;
  /** Its place in the order of calls. */
  order = 0;
  settle: Settle | undefined = undefined;
  /** The reason that made it a line: a call of the bot, which is counted, or a new connection, which is not. */
  readonly counted: boolean;

  constructor(type: LineType, text: string, counted = true) {
    this.type = type;
    this.text = text;
    this.bytes = Buffer.byteLength(text);
    this.counted = counted;
  }

  /** Tells whoever still waits; nobody is told twice. */
  tell(sent: boolean): void {
    const settle = this.settle;
    if (settle === undefined) return;
    this.settle = undefined;
    settle(sent);
  }
}

/** Whether a line of this type is a row: each one matters, unlike a state, of which only the newest does. */
export function isRow(type: LineType): boolean {
  return type === "llm_usage" || type === "custom_metric";
}
