import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { Bot } from "../registry/bot.js";
import type { FleetListener } from "../registry/fleet-listener.js";
import type { FleetView } from "../registry/fleet-view.js";
import type { Transition, TroubleChange } from "../registry/transition.js";
import type { Turns } from "../turns.js";
import { BeatTimes } from "./beat-times.js";
import { EventText } from "./event-text.js";
import type { Viewer } from "./viewer.js";
import { ViewerFlow } from "./viewer-flow.js";

export interface LiveFeedOptions {
  readonly fleet: Pick<FleetView, "bots" | "get">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "error">;
  /** A bot and a change of status as JSON text. */
  readonly json: { bot(bot: Bot): string; transition(transition: Transition): string };
  /**
   * The fleet and the monitor in a few numbers, as JSON text: told first, as `hello`, and every
   * five seconds, as `beat`. Without it a comment is written every fifteen seconds instead.
   */
  readonly summary?: { text(): Promise<string> };
  /** Whose turn it is on the event loop. */
  readonly turns: Turns;
  /** How long changes are gathered: 250; where a status changed, 50 at most. */
  readonly intervalMs?: number;
}

/** A bot in a snapshot, and how many of the waiting transitions had come before it was encoded. */
interface Entry {
  readonly text: string;
  readonly transitions: number;
}

/** Somebody waits for a change of status; a beat may wait for company. */
const mostTransitionMs = 50;
const checkIntervalMs = 1_000;
const beatIntervalMs = 5_000;
const commentIntervalMs = 15_000;
const comment = Buffer.from(": here\n\n");

/**
 * Tells viewers the fleet and then what changes, each change encoded once for all of them. While
 * nobody views, nothing is kept.
 *
 * Changes gather in `changed` and `transitions`. A *round*, at most every 250 ms (every 50 where a
 * status changed) and in turns with whoever else encodes, encodes the fleet for those who join and
 * what has changed for all, and then writes to everybody in one go. It holds at each such moment
 * that what a viewer knows of a bot is the bot as it is, or the bot is in `changed`: encoding one
 * takes it out of `changed`, and its text goes to those who view (the changes) as well as to those
 * who join (the snapshot). So nothing is missed and nothing is told twice, though the bots change
 * while they are encoded. A transition reaches those who join only if it came after its bot was
 * encoded for them. A bot that was forgotten is told before the changes, as its channel may have
 * come again. A beat and alerts are told in a round too, so that ids grow for every viewer.
 */
export class LiveFeed implements FleetListener {
  readonly listenerName = "live feed";
  readonly #options: LiveFeedOptions;
  readonly #flows = new Set<ViewerFlow>();
  readonly #joining = new Set<ViewerFlow>();
  readonly #changed = new Set<Bot>();
  #transitions: Transition[] = [];
  #forgotten: string[] = [];
  readonly #alerts = new Map<string, () => string>();
  #dropped = 0;
  #lastId = 0;
  #roundAtMs = Number.NEGATIVE_INFINITY;
  #round: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #check: NodeJS.Timeout | null = null;
  readonly #beats: BeatTimes;
  #isBeatDue = false;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    const intervalMs = options.summary === undefined ? commentIntervalMs : beatIntervalMs;
    this.#beats = new BeatTimes(intervalMs, checkIntervalMs);
  }

  /** How many view or join. */
  get viewers(): number {
    return this.#flows.size + this.#joining.size;
  }

  /** How many were dropped because they did not read. */
  get dropped(): number {
    return this.#dropped;
  }

  async start(): Promise<void> {
    this.#check ??= setInterval(() => this.#checkFlows(), checkIntervalMs).unref();
  }

  /** Closes every viewer. */
  async stop(): Promise<void> {
    if (this.#check !== null) clearInterval(this.#check);
    this.#check = null;
    this.#closeAll();
    await this.#round;
  }

  /** Returns how to leave. The snapshot comes with the next round. */
  subscribe(viewer: Viewer): () => void {
    const flow = new ViewerFlow(viewer, this.#options.clock.monotonicMs());
    this.#joining.add(flow);
    this.#schedule();
    return () => this.#leave(flow);
  }

  botChanged(bot: Bot): void {
    if (this.viewers === 0) return;
    this.#changed.add(bot);
    this.#schedule();
  }

  statusChanged(transition: Transition): void {
    if (this.viewers === 0) return;
    this.#transitions.push(transition);
    this.#schedule();
  }

  botForgotten(bot: Bot): void {
    this.#changed.delete(bot);
    if (this.viewers === 0) return;
    this.#forgotten.push(bot.channel);
    this.#schedule();
  }

  troubleChanged(change: TroubleChange): void {
    this.statusChanged(change);
  }

  /** An alert opened, changed or ended; `text` gives it as JSON when it is told. */
  alertChanged(alertId: string, text: () => string): void {
    if (this.viewers === 0) return;
    this.#alerts.set(alertId, text);
    this.#schedule();
  }

  #leave(flow: ViewerFlow): void {
    this.#flows.delete(flow);
    this.#joining.delete(flow);
    if (this.viewers > 0) return;
    this.#changed.clear();
    this.#transitions = [];
    this.#forgotten = [];
    this.#alerts.clear();
    this.#isBeatDue = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #closeAll(): void {
    for (const flow of [...this.#flows, ...this.#joining]) {
      this.#leave(flow);
      flow.viewer.close();
    }
  }

  /** The first change after a quiet time goes out at once, the next ones wait for their round. */
  #schedule(): void {
    if (this.#round !== null) return;
    const { clock, intervalMs = 250 } = this.#options;
    const gatherMs = this.#transitions.length > 0 ? Math.min(intervalMs, mostTransitionMs) : intervalMs;
    const dueAtMs = this.#roundAtMs + gatherMs;
    if (this.#timer !== null) {
      if (dueAtMs >= this.#dueAtMs) return;
      clearTimeout(this.#timer);
    }
    this.#dueAtMs = dueAtMs;
    const waitMs = Math.max(0, dueAtMs - clock.monotonicMs());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#round = this.#runRound()
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#round = null;
          const waiting = this.#changed.size + this.#transitions.length + this.#forgotten.length;
          const others = this.#joining.size + this.#alerts.size;
          if (this.#isBeatDue || waiting + others > 0) this.#schedule();
        });
    }, waitMs);
  }

  /**
   * A fault of this program must not end the monitor. Viewers come again and get a new snapshot.
   */
  #fail(error: unknown): void {
    this.#options.logger.error({ err: error }, "the live feed failed; its viewers are closed");
    this.#closeAll();
  }

  async #runRound(): Promise<void> {
    const { clock, fleet, json, summary, turns } = this.#options;
    this.#roundAtMs = clock.monotonicMs();
    const joining = [...this.#joining];
    const isBeat = this.#isBeatDue;
    this.#isBeatDue = false;
    const state = isBeat || joining.length > 0 ? await summary?.text() : undefined;
    const waiting = this.#transitions;
    const snapshot = new Map<Bot, Entry>();
    const changes = new Map<Bot, string>();
    let isOver = await turns.nextTurn();

    const everybody = joining.length > 0 ? [...fleet.bots()] : [];
    for (const bots of [everybody, this.#changed]) {
      for (const bot of [...bots]) {
        if (isOver()) isOver = await turns.nextTurn();
        const text = json.bot(bot);
        if (this.#changed.delete(bot)) changes.set(bot, text);
        if (joining.length > 0) snapshot.set(bot, { text, transitions: waiting.length });
      }
    }

    // What came up to here is told now; what comes while the texts are put together waits for the
    // next round.
    const transitions = waiting.slice();
    const forgotten = this.#forgotten.splice(0);
    if (forgotten.length > 0) {
      for (const texts of [changes, snapshot]) {
        for (const bot of texts.keys()) if (fleet.get(bot.channel) !== bot) texts.delete(bot);
      }
    }
    const told = new EventText();
    const firstTold = new EventText();
    if (state !== undefined) firstTold.event(++this.#lastId, "hello", state);
    if (isBeat && state !== undefined) told.event(++this.#lastId, "beat", state);
    for (const channel of forgotten) told.event(++this.#lastId, "forgotten", JSON.stringify({ channel }));
    if (changes.size > 0) await this.#addList(told, "bots", changes.values());
    const everyText = [...snapshot.values()].map(({ text }) => text);
    if (joining.length > 0) await this.#addList(firstTold, "snapshot", everyText);
    for (const [i, transition] of transitions.entries()) {
      if (isOver()) isOver = await turns.nextTurn();
      const id = ++this.#lastId;
      const text = json.transition(transition);
      const name = transition.from === transition.to ? "trouble" : "transition";
      told.event(id, name, text);
      const bot = fleet.get(transition.channel);
      const entry = bot === undefined ? undefined : snapshot.get(bot);
      if (i >= (entry?.transitions ?? 0)) firstTold.event(id, name, text);
    }
    // Whole and each by itself, so those who join may get one that they have asked for already.
    for (const [alertId, text] of [...this.#alerts]) {
      if (isOver()) isOver = await turns.nextTurn();
      this.#alerts.delete(alertId);
      const id = ++this.#lastId;
      const alert = text();
      for (const one of [told, firstTold]) one.event(id, "alert", alert);
    }
    waiting.splice(0, transitions.length);
    this.#writeToViewers(told.end());
    this.#admit(joining, firstTold.end());
  }

  async #addList(text: EventText, name: string, items: Iterable<string>): Promise<void> {
    let isOver = await this.#options.turns.nextTurn();
    text.openEvent(++this.#lastId, name);
    text.addJson("[");
    let comma = "";
    for (const item of items) {
      if (isOver()) isOver = await this.#options.turns.nextTurn();
      text.addJson(comma);
      text.addJson(item);
      comma = ",";
    }
    text.addJson("]");
    text.closeEvent();
  }

  #writeToViewers(pieces: readonly Buffer[]): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const flow of this.#flows) {
      if (flow.isLost(nowMs)) this.#drop(flow);
      else flow.writePieces(pieces);
    }
  }

  #admit(joining: readonly ViewerFlow[], pieces: readonly Buffer[]): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const flow of joining) {
      // Who has left meanwhile is not there any more.
      if (!this.#joining.delete(flow)) continue;
      this.#flows.add(flow);
      flow.writeSnapshot(pieces, nowMs);
    }
  }

  #checkFlows(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const isDue = this.#beats.look(nowMs);
    for (const flow of this.#flows) {
      if (flow.isLost(nowMs)) this.#drop(flow);
      else if (isDue && this.#options.summary === undefined) flow.writePieces([comment]);
    }
    if (!isDue || this.#options.summary === undefined || this.#flows.size === 0) return;
    this.#isBeatDue = true;
    this.#schedule();
  }

  #drop(flow: ViewerFlow): void {
    this.#dropped++;
    this.#leave(flow);
    flow.viewer.close();
  }
}
