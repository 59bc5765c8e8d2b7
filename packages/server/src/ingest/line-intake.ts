import {
  type DecodeResult,
  endOfMetricLine,
  endOfUsageLine,
  LineDecoder,
  type Message,
  maxLineBytes,
  rejectionReasons,
} from "@kissbot/protocol";
import type { Clock } from "../clock.js";
import { ownText } from "../own-text.js";
import type { Principals } from "../principals/principals.js";
import type { MessageQueue } from "../queue/message-queue.js";
import type { RefusalReason } from "../queue/queue-counters.js";
import type { RowType } from "../queue/row-kind.js";
import { channelOfRowLine } from "../queue/row-lines.js";
import { ConnectionTrace } from "./connection-trace.js";
import type { CountedRejection, LineCounters } from "./line-counters.js";
import type { LineStream } from "./line-stream.js";
import type { RejectionLog } from "./rejection-log.js";

export type IntakeQueue = Pick<
  MessageQueue,
  "offerMessage" | "offerRowLines" | "offerEnded" | "refuseMessage" | "isCrowded"
>;

export interface LineIntakeOptions {
  readonly queue: IntakeQueue;
  readonly clock: Clock;
  readonly log: Pick<RejectionLog, "note">;
  /** Needed where a stream has a bounded principal. */
  readonly principals?: Pick<Principals, "readClock">;
  /**
   * What all cut lines together may hold; 32 MiB, which is 512 lines of the greatest length or 8
   * 000 of the usual one.
   */
  readonly maxHeldBytes?: number;
}

const lf = 0x0a;
const maxKnownNames = 10_000;

/**
 * Takes the bytes of all connections and counts each line. A message that its principal may send
 * goes to the queue. It never waits and never writes.
 *
 * A stream has a decoder of its own only while one of its lines is cut. All others share one, since
 * after a chunk that ends with a newline a decoder stands where it began: ten thousand idle
 * connections hold nothing here, nor does a connection per message. What cut lines hold is bounded:
 * past the bound the stream whose line has been cut for the longest is ended, which counts that
 * line as `truncated`, and given up. An honest line is cut for milliseconds.
 */
export class LineIntake implements LineCounters {
  lines = 0;
  ignored = 0;
  readonly rejected = Object.fromEntries(
    rejectionReasons.filter((reason) => reason !== "unknown_type").map((reason) => [reason, 0]),
  ) as Record<CountedRejection, number>;
  /** How often bytes came, to distinguish a quiet moment from a busy one. */
  chunks = 0;
  readonly #queue: IntakeQueue;
  readonly #clock: Clock;
  readonly #log: Pick<RejectionLog, "note">;
  readonly #principals: Pick<Principals, "readClock"> | undefined;
  readonly #maxHeldBytes: number;
  readonly #shared = new LineDecoder();
  #decoder = this.#shared;
  #nowMs = 0;
  #stream: LineStream | undefined;
  #connections = 0;
  /**
   * The streams that hold a part of a line, the longest-waiting first; a stream that skips the rest
   * of a line holds nothing.
   */
  readonly #cut = new Set<LineStream>();
  #heldBytes = 0;
  /** Copies of channels of recognised lines, so that not each line needs one. */
  readonly #names = new Map<string, string>();
  readonly #on = (result: DecodeResult): void => this.#takeResult(result);
  readonly #passOver = (text: string, from: number): number => this.#takeRowLines(text, from);

  constructor({ queue, clock, log, principals, maxHeldBytes = 32 * 1_048_576 }: LineIntakeOptions) {
    this.#queue = queue;
    this.#clock = clock;
    this.#log = log;
    this.#principals = principals;
    this.#maxHeldBytes = maxHeldBytes;
  }

  /** What the cut lines hold at the moment. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  pushChunk(stream: LineStream, chunk: Uint8Array): void {
    this.chunks++;
    this.#nowMs = this.#clock.wallMs();
    this.#stream = stream;
    if (stream.principal?.isBounded === true) this.#principals?.readClock();
    const whole = chunk[chunk.length - 1] === lf;
    if (stream.decoder === undefined && !whole) stream.decoder = new LineDecoder();
    this.#decoder = stream.decoder ?? this.#shared;
    this.#decoder.push(chunk, this.#on, this.#queue.isCrowded("custom_metric") ? this.#passOver : undefined);
    if (!whole) this.#keep(stream, chunk);
    else if (stream.decoder !== undefined) this.#release(stream);
  }

  /**
   * The stream is over, in whatever way; to be called once or more often. Its end is offered behind
   * its last line.
   */
  endStream(stream: LineStream): void {
    if (stream.decoder !== undefined) {
      this.#nowMs = this.#clock.wallMs();
      this.#stream = stream;
      this.#decoder = stream.decoder;
      this.#release(stream);
      this.#decoder.end(this.#on);
    }
    const { trace, lines } = stream;
    stream.trace = undefined;
    // A connection for each message is how old clients write, and its end means nothing.
    if (trace === undefined || lines < 2) return;
    for (const { channel, pid } of trace.heard) {
      this.#queue.offerEnded({ channel, pid, connection: trace.number });
    }
  }

  #keep(stream: LineStream, chunk: Uint8Array): void {
    const lineStart = chunk.length === 1 ? 0 : chunk.lastIndexOf(lf) + 1;
    const before = stream.heldBytes;
    const bytes = lineStart > 0 ? chunk.length - lineStart : before + chunk.length;
    // What is too long is skipped, and nothing of it is kept; `Infinity` stays so until the line
    // ends.
    const skipping = bytes > maxLineBytes + 1;
    stream.heldBytes = skipping ? Number.POSITIVE_INFINITY : bytes;
    this.#heldBytes += keptOf(stream.heldBytes) - keptOf(before);
    if (lineStart > 0 || skipping) this.#cut.delete(stream);
    if (!skipping) this.#cut.add(stream);
    if (this.#heldBytes > this.#maxHeldBytes) this.#giveUpOldest();
  }

  #release(stream: LineStream): void {
    this.#heldBytes -= keptOf(stream.heldBytes);
    stream.heldBytes = 0;
    stream.decoder = undefined;
    this.#cut.delete(stream);
  }

  #giveUpOldest(): void {
    for (const stream of this.#cut) {
      if (this.#heldBytes <= this.#maxHeldBytes) return;
      // We end it, so it says nothing about the processes that write.
      stream.trace = undefined;
      this.endStream(stream);
      stream.giveUp();
    }
  }

  /**
   * Rows from `from` on, up to the first line that is not recognised as one. They wait undecoded,
   * since most will be shed.
   */
  #takeRowLines(text: string, from: number): number {
    const queue = this.#queue;
    let end = from;
    for (;;) {
      const start = end;
      if (queue.isCrowded("llm_usage")) end = this.#takeLinesOf("llm_usage", endOfUsageLine, text, end);
      end = this.#takeLinesOf("custom_metric", endOfMetricLine, text, end);
      if (end === start) return end;
    }
  }

  #takeLinesOf(type: RowType, endOfLine: typeof endOfUsageLine, text: string, from: number): number {
    const stream = this.#stream as LineStream;
    let start = from;
    let end = from;
    let lines = 0;
    for (let next = endOfLine(text, end); next > end; next = endOfLine(text, end)) {
      this.lines++;
      stream.lines++;
      const refusal = this.#refusalOfRow(stream, text, end);
      if (refusal === null) {
        lines++;
      } else {
        this.#offerLines(type, stream, text.slice(start, end), lines);
        this.#queue.refuseMessage(type, refusal);
        start = next;
        lines = 0;
      }
      end = next;
    }
    this.#offerLines(type, stream, text.slice(start, end), lines);
    return end;
  }

  #offerLines(type: RowType, { principal }: LineStream, text: string, lines: number): void {
    if (lines > 0) this.#queue.offerRowLines(type, text, lines, this.#nowMs, principal);
  }

  /** Why the principal may not send the row that begins at `from`. */
  #refusalOfRow({ principal }: LineStream, text: string, from: number): RefusalReason | null {
    if (principal === null) return null;
    const channel = principal.isBounded ? this.#ownName(channelOfRowLine(text, from)) : "";
    return principal.judge(true, channel, this.#nowMs);
  }

  #ownName(name: string): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const own = ownText(name);
    if (this.#names.size >= maxKnownNames) this.#names.clear();
    this.#names.set(own, own);
    return own;
  }

  #takeResult(result: DecodeResult): void {
    this.lines++;
    const stream = this.#stream as LineStream;
    stream.lines++;
    if (result.ok) {
      this.#takeMessage(stream, result.message);
      return;
    }
    const { reason, field } = result;
    if (reason === "unknown_type") this.ignored++;
    else this.rejected[reason]++;
    const decoder = this.#decoder;
    this.#log.note({ reason, field, preview: () => decoder.preview });
  }

  /** What its principal may not send leaves no trace of its process, and reaches no lane. */
  #takeMessage(stream: LineStream, message: Message): void {
    const { principal } = stream;
    const { type, channel } = message;
    const isRow = type === "llm_usage" || type === "custom_metric";
    const refusal = principal === null ? null : principal.judge(isRow, channel, this.#nowMs);
    if (refusal !== null) this.#queue.refuseMessage(type, refusal);
    else this.#queue.offerMessage(message, this.#nowMs, this.#trace(stream, message), principal);
  }

  /** The number of the connection, where a process was heard over it that is remembered; else 0. */
  #trace(stream: LineStream, message: Message): number {
    const { type, channel } = message;
    if (type !== "heartbeat" && type !== "register" && type !== "unregister") return 0;
    stream.trace ??= new ConnectionTrace(++this.#connections);
    if (type !== "unregister") return stream.trace.noteProcess(channel, message.pid);
    stream.trace.forgetProcess(channel, message.pid);
    return stream.trace.number;
  }
}

function keptOf(heldBytes: number): number {
  return heldBytes === Number.POSITIVE_INFINITY ? 0 : heldBytes;
}
