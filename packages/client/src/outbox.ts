import { isRow, type Line, type LineType } from "./line.js";
import type { DropReason, LineCounts } from "./line-counts.js";
import { RowRing } from "./row-ring.js";
import { byteLength } from "./runtime.js";

export interface OutboxOptions {
  readonly maxLines: number;
  readonly maxBytes: number;
  readonly counts: LineCounts;
  /**
   * Called for each line that was lost, when the outbox is in order again: it may call into it.
   * Must not throw.
   */
  readonly onDrop: (type: LineType, reason: DropReason) => void;
  /** Whether anybody would hear of a loss now; if not, `onDrop` is spared. Default: always. */
  readonly isHeard?: () => boolean;
}

/**
 * How much is handed over in one write: a tenth of a millisecond of copying, and a third of what a
 * Unix socket holds.
 */
const chunkBytes = 65_536;

const greeting = 0;
const register = 1;
const heartbeat = 2;
const unregister = 3;
/** By their slots. */
const stateTypes = ["", "register", "heartbeat", "unregister"];

/**
 * The waiting lines, in the order of the calls, and the state of each.
 *
 * A line is *waiting* in a slot (register, heartbeat, unregister: the newest wins, in the place of
 * the one it replaces) or in the ring (rows: the oldest is dropped when there is no room), then
 * *leaving* as part of the chunk that is being written, then *sent*. `nextChunk` moves lines from
 * waiting to leaving; `markTaken` marks lines as sent whose last byte was taken, and puts back
 * those not begun. At most one line stays leaving while nothing is being written: the one that was
 * cut. It is finished before anything else is written, or lost with its connection; nothing
 * displaces it. Where a write is pending, the whole chunk stays leaving.
 *
 * A goodbye that waits is displaced by a new registration, as the bot is back; a registration that
 * waits stays before the goodbye. A goodbye that was cut waits again, as a second one does no harm.
 * A row that is larger than the bound goes out in its tick, or with the first connection, or is
 * dropped. The greeting, a registration repeated for a new connection, comes before everything and
 * is not counted.
 */
export class Outbox {
  readonly #counts: LineCounts;
  readonly #onDrop: OutboxOptions["onDrop"];
  readonly #isHeard: () => boolean;
  #rows: RowRing;
  readonly #slots: (Line | undefined)[] = [undefined, undefined, undefined, undefined];
  /** How many slots hold a line. */
  #states = 0;
  #order = 0;
  #leaving: Line[] = [];
  #leavingBytes = 0;
  #begunBytes = 0;
  /** Losses that have not been reported yet. */
  readonly #losses: [type: LineType, reason: DropReason][] = [];
  #abandoned = false;

  constructor({ maxLines, maxBytes, counts, onDrop, isHeard = () => true }: OutboxOptions) {
    this.#counts = counts;
    this.#onDrop = onDrop;
    this.#isHeard = isHeard;
    this.#rows = new RowRing(maxLines, maxBytes);
  }

  /** Counted lines that are neither sent nor lost. */
  get waiting(): number {
    let waiting = this.#rows.length;
    for (const line of this.#slots) if (line?.counted) waiting++;
    for (const line of this.#leaving) if (line.counted) waiting++;
    return waiting;
  }

  get isEmpty(): boolean {
    return this.#states === 0 && this.#rows.length === 0 && this.#leaving.length === 0;
  }

  /** How many bytes the chunk that is leaving still has. */
  get leavingBytes(): number {
    return this.#leavingBytes - this.#begunBytes;
  }

  /** Whether the line can wait without another one being lost. */
  fits(line: Line): boolean {
    return !isRow(line.type) || this.#rows.fits(line.bytes);
  }

  putLine(line: Line): void {
    if (this.#abandoned) {
      this.#drop(line, "closed");
      this.#tellLosses();
      return;
    }
    line.order = ++this.#order;
    if (isRow(line.type)) {
      this.#putRow(line);
      return;
    }
    const slot = slotOf(line);
    if (slot !== heartbeat) this.#supersede(unregister);
    this.#putState(slot, line);
  }

  /** What a new connection says first; a registration that waits takes its place. */
  greet(line: Line): void {
    const waiting = this.#slots[register];
    if (waiting !== undefined) waiting.order = 0;
    else this.#putState(greeting, line);
  }

  /**
   * The next piece to write: the rest of a line that was cut, else the oldest lines up to 64 kB.
   * What it returns is leaving until `markTaken` or `lose` is called.
   */
  nextChunk(): string | Uint8Array | undefined {
    if (this.#leaving.length > 0) {
      return Buffer.from(this.#leaving.map((line) => line.text).join("")).subarray(this.#begunBytes);
    }
    const alone = this.#states === 1 && this.#rows.length === 0 ? this.#slots[heartbeat] : undefined;
    if (alone !== undefined) {
      this.#setSlot(heartbeat, undefined);
      this.#leaving.push(alone);
      this.#leavingBytes = alone.bytes;
      return alone.text;
    }
    let text = "";
    for (let line = this.#oldest(); line !== undefined; line = this.#oldest()) {
      if (this.#leavingBytes + line.bytes > chunkBytes && this.#leavingBytes > 0) break;
      this.#remove(line);
      this.#leaving.push(line);
      this.#leavingBytes += line.bytes;
      text += line.text;
    }
    return text === "" ? undefined : text;
  }

  /**
   * The operating system took that many bytes of the last `nextChunk`. Line sizes are summed when
   * the chunk is built. If the sum does not match, as after a cut or with a patched built-in, the
   * real bytes of each line decide.
   */
  markTaken(bytes: number): void {
    let begun = this.#begunBytes + bytes;
    const leaving = this.#leaving;
    const [only] = leaving;
    if (begun === this.#leavingBytes && leaving.length === 1 && only !== undefined) {
      leaving.pop();
      this.#leavingBytes = 0;
      this.#begunBytes = 0;
      if (only.counted) this.#counts.sent++;
      only.tellOutcome(true);
      return;
    }
    if (begun !== this.#leavingBytes) for (const line of leaving) line.bytes = byteLength(line.text);
    let sent = 0;
    for (; sent < leaving.length; sent++) {
      const line = leaving[sent] as Line;
      if (begun < line.bytes) break;
      begun -= line.bytes;
      if (line.counted) this.#counts.sent++;
      line.tellOutcome(true);
    }
    const cut = leaving.splice(sent, begun > 0 ? 1 : 0);
    while (leaving.length > sent) this.#putBack(leaving.pop() as Line);
    this.#leaving = cut;
    this.#begunBytes = cut.length && begun;
    this.#leavingBytes = cut[0]?.bytes ?? 0;
  }

  /**
   * The connection broke: lines that were leaving are lost, because nobody knows how much of them
   * arrived.
   */
  lose(): void {
    const leaving = this.#endLeaving();
    this.#setSlot(greeting, undefined);
    for (const cut of leaving) {
      if (cut.type === "unregister" && !this.#slots[register]) this.putLine(cut);
      else this.#drop(cut, "connection_lost");
    }
    this.#tellLosses();
  }

  /** Drops all waiting lines, and from now on every new one. */
  abandon(): void {
    this.#abandoned = true;
    for (const line of this.#endLeaving()) this.#drop(line, "closed");
    // A thousand rows one by one take milliseconds, as this code runs once and is not compiled.
    if (!this.#isHeard()) {
      this.stay();
      this.#counts.drop("llm_usage", "closed", this.#rows.length);
      this.#rows = new RowRing(0, 0);
    }
    for (let line = this.#oldest(); line !== undefined; line = this.#oldest()) {
      this.#remove(line);
      this.#drop(line, "closed");
    }
    this.#tellLosses();
  }

  /**
   * The lines that wait will wait on, detached. Tells every caller that still waits that its line
   * was not handed over, unless they, too, wait for the first connection.
   */
  stay(isTold = true): void {
    for (const line of this.#slots) line?.stay(isTold);
    for (const line of this.#leaving) line.stay(isTold);
    this.#rows.visitNew((line) => line.stay(isTold));
    // What is larger than the bound by itself does not wait on.
    if (isTold && this.#rows.exceeds()) this.#drop(this.#rows.shift() as Line);
    this.#tellLosses();
  }

  #putState(slot: number, line: Line): void {
    const old = this.#slots[slot];
    // A heartbeat stays behind a registration that came before it: of what both say, the newest
    // must arrive last.
    const isPassed = slot === heartbeat && (this.#slots[register]?.order ?? 0) > (old?.order ?? 0);
    if (!isPassed && old) line.order = old.order;
    this.#supersede(slot);
    this.#setSlot(slot, line);
  }

  #supersede(slot: number): void {
    const old = this.#slots[slot];
    if (old === undefined) return;
    this.#setSlot(slot, undefined);
    if (old.counted) this.#counts.superseded++;
    old.tellOutcome(false);
  }

  #setSlot(slot: number, line: Line | undefined): void {
    if (this.#slots[slot] !== undefined) this.#states--;
    if (line !== undefined) this.#states++;
    this.#slots[slot] = line;
  }

  #putRow(line: Line): void {
    const rows = this.#rows;
    // One that never fits drives out nothing.
    if (rows.length > 0 && rows.exceeds(line.bytes)) this.#drop(line);
    else {
      while (!rows.fits(line.bytes)) this.#drop(rows.shift() as Line);
      rows.pushLine(line);
    }
    this.#tellLosses();
  }

  #oldest(): Line | undefined {
    let oldest = this.#rows.oldest;
    for (const line of this.#slots) {
      if (line && (!oldest || line.order < oldest.order)) oldest = line;
    }
    return this.#slots[greeting] ?? oldest;
  }

  #remove(line: Line): void {
    const slot = this.#slots.indexOf(line);
    if (slot < 0) this.#rows.shift();
    else this.#setSlot(slot, undefined);
  }

  #putBack(line: Line): void {
    if (isRow(line.type)) this.#rows.unshift(line);
    else this.#setSlot(slotOf(line), line);
  }

  #endLeaving(): readonly Line[] {
    this.#leavingBytes = 0;
    this.#begunBytes = 0;
    return this.#leaving.splice(0);
  }

  #drop(line: Line, reason: DropReason = "buffer_full"): void {
    if (line.counted) {
      this.#counts.drop(line.type, reason);
      if (this.#isHeard()) this.#losses.push([line.type, reason]);
    }
    line.tellOutcome(false);
  }

  #tellLosses(): void {
    const losses = this.#losses;
    while (losses.length > 0) this.#onDrop(...(losses.shift() as [LineType, DropReason]));
  }
}

function slotOf({ counted, type }: Line): number {
  return counted ? stateTypes.indexOf(type) : greeting;
}
