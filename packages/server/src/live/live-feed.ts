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
  /** Encodes a bot or a change of status as JSON text. */
  readonly json: { bot(bot: Bot): string; transition(transition: Transition): string };
  /**
   * The fleet and the monitor in a few numbers, as JSON text. A viewer gets them first, as `hello`,
   * and then every five seconds, as `beat`. Without a summary it gets a comment every fifteen
   * seconds.
   */
  readonly summary?: { text(): Promise<string> };
  /** Shares the event loop with everything else that encodes. */
  readonly turns: Turns;
  /** Time between two rounds: 250. A change of status waits 50 at most. */
  readonly intervalMs?: number;
}

interface SnapshotEntry {
  readonly text: string;
  /** How many of the waiting transitions came before the bot was encoded: its text shows them. */
  readonly transitionsBefore: number;
}

/** People wait to see a change of status. A heartbeat may wait longer, to share a round. */
const mostTransitionMs = 50;
const checkIntervalMs = 1_000;
const beatIntervalMs = 5_000;
const commentIntervalMs = 15_000;
const comment = Buffer.from(": here\n\n");

/**
 * Sends each viewer a snapshot of the fleet, then its changes. Each change is encoded once for all
 * viewers. While there is no viewer, nothing is kept.
 *
 * Changes wait for the next *round*, 250 ms after the last one, or 50 if a status changed. A round
 * encodes the changes, and the whole fleet if viewers join, then writes to all viewers in one go.
 *
 * Invariant: after a round, each viewer has each bot as it is now, or the bot is in `#changed`.
 * Bots change while a round encodes others. Encoding a bot takes it out of `#changed`, and the same
 * text goes to old viewers (as a change) and to joining ones (in the snapshot). A bot that changes
 * after that is back in `#changed`, for the next round. So nothing is missed or sent twice. For the
 * same reason a joining viewer gets a transition only if it came after its bot was encoded.
 *
 * Forgotten bots are sent before changes, since a new bot may already have the channel. Beats and
 * alerts go out in rounds too, so that ids grow for every viewer.
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
  #lastRoundAtMs = Number.NEGATIVE_INFINITY;
  #round: Promise<void> | null = null;
  #roundTimer: NodeJS.Timeout | null = null;
  /** When `#roundTimer` fires. */
  #dueAtMs = Number.POSITIVE_INFINITY;
  #checkTimer: NodeJS.Timeout | null = null;
  readonly #beats: BeatTimes;
  #isBeatDue = false;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    const intervalMs = options.summary === undefined ? commentIntervalMs : beatIntervalMs;
    this.#beats = new BeatTimes(intervalMs, checkIntervalMs);
  }

  /** How many there are; those that wait for their snapshot count. */
  get viewers(): number {
    return this.#flows.size + this.#joining.size;
  }

  /** How many viewers were dropped because they did not read. */
  get dropped(): number {
    return this.#dropped;
  }

  async start(): Promise<void> {
    this.#checkTimer ??= setInterval(() => this.#checkFlows(), checkIntervalMs).unref();
  }

  /** Closes every viewer. */
  async stop(): Promise<void> {
    if (this.#checkTimer !== null) clearInterval(this.#checkTimer);
    this.#checkTimer = null;
    this.#closeAll();
    await this.#round;
  }

  /** Adds a viewer; its snapshot comes with the next round. Call the result when it has left. */
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

  /** An alert opened, changed or ended. `text` encodes it as JSON, once its round has come. */
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
    if (this.#roundTimer !== null) clearTimeout(this.#roundTimer);
    this.#roundTimer = null;
  }

  #closeAll(): void {
    for (const flow of [...this.#flows, ...this.#joining]) {
      this.#leave(flow);
      flow.viewer.close();
    }
  }

  /** The first change after a quiet time goes out at once. The next ones wait for their round. */
  #schedule(): void {
    if (this.#round !== null) return;
    const { clock, intervalMs = 250 } = this.#options;
    const gatherMs = this.#transitions.length > 0 ? Math.min(intervalMs, mostTransitionMs) : intervalMs;
    const dueAtMs = this.#lastRoundAtMs + gatherMs;
    if (this.#roundTimer !== null) {
      if (dueAtMs >= this.#dueAtMs) return;
      clearTimeout(this.#roundTimer);
    }
    this.#dueAtMs = dueAtMs;
    const waitMs = Math.max(0, dueAtMs - clock.monotonicMs());
    this.#roundTimer = setTimeout(() => {
      this.#roundTimer = null;
      this.#round = this.#runRound()
        .catch((error: unknown) => this.#closeAfterFault(error))
        .finally(() => {
          this.#round = null;
          const changes = this.#changed.size + this.#transitions.length + this.#forgotten.length;
          const others = this.#joining.size + this.#alerts.size;
          if (this.#isBeatDue || changes + others > 0) this.#schedule();
        });
    }, waitMs);
  }

  /** A fault of this program must not end the monitor. Viewers reconnect and get a snapshot. */
  #closeAfterFault(error: unknown): void {
    this.#options.logger.error({ err: error }, "the live feed failed; its viewers are closed");
    this.#closeAll();
  }

  async #runRound(): Promise<void> {
    const { clock, fleet, json, summary, turns } = this.#options;
    this.#lastRoundAtMs = clock.monotonicMs();
    const joining = [...this.#joining];
    const isBeat = this.#isBeatDue;
    this.#isBeatDue = false;
    const summaryText = isBeat || joining.length > 0 ? await summary?.text() : undefined;
    // `#leave` may replace the array meanwhile.
    const waiting = this.#transitions;
    const snapshot = new Map<Bot, SnapshotEntry>();
    const changes = new Map<Bot, string>();
    let isOver = await turns.nextTurn();

    const wholeFleet = joining.length > 0 ? [...fleet.bots()] : [];
    for (const bots of [wholeFleet, this.#changed]) {
      for (const bot of [...bots]) {
        if (isOver()) isOver = await turns.nextTurn();
        const text = json.bot(bot);
        if (this.#changed.delete(bot)) changes.set(bot, text);
        if (joining.length > 0) snapshot.set(bot, { text, transitionsBefore: waiting.length });
      }
    }

    // This round ends here for changes of the fleet: later ones wait for the next round.
    const transitions = waiting.splice(0);
    const forgotten = this.#forgotten.splice(0);
    if (forgotten.length > 0) {
      for (const texts of [changes, snapshot]) {
        for (const bot of texts.keys()) if (fleet.get(bot.channel) !== bot) texts.delete(bot);
      }
    }
    const forViewers = new EventText();
    const forJoining = new EventText();
    if (summaryText !== undefined) forJoining.event(++this.#lastId, "hello", summaryText);
    if (isBeat && summaryText !== undefined) forViewers.event(++this.#lastId, "beat", summaryText);
    for (const channel of forgotten)
      forViewers.event(++this.#lastId, "forgotten", JSON.stringify({ channel }));
    if (changes.size > 0) await this.#addList(forViewers, "bots", changes.values());
    const snapshotTexts = [...snapshot.values()].map(({ text }) => text);
    if (joining.length > 0) await this.#addList(forJoining, "snapshot", snapshotTexts);
    for (const [i, transition] of transitions.entries()) {
      if (isOver()) isOver = await turns.nextTurn();
      const id = ++this.#lastId;
      const text = json.transition(transition);
      const name = transition.from === transition.to ? "trouble" : "transition";
      forViewers.event(id, name, text);
      const bot = fleet.get(transition.channel);
      const entry = bot === undefined ? undefined : snapshot.get(bot);
      if (i >= (entry?.transitionsBefore ?? 0)) forJoining.event(id, name, text);
    }
    // Each event has the whole alert: it does no harm if a joining viewer has fetched it already.
    for (const [alertId, text] of [...this.#alerts]) {
      if (isOver()) isOver = await turns.nextTurn();
      this.#alerts.delete(alertId);
      const id = ++this.#lastId;
      const alert = text();
      for (const events of [forViewers, forJoining]) events.event(id, "alert", alert);
    }
    this.#writeToViewers(forViewers.end());
    this.#admit(joining, forJoining.end());
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
      // It left during the round.
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
