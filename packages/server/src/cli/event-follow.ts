import { setTimeout as delay } from "node:timers/promises";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { settingsOf } from "./command-settings.js";
import { downSpans, eventMs } from "./down-spans.js";
import { isWanted, newestEvents, type WantedEvents } from "./event-history.js";
import { eventJsonLine } from "./event-json.js";
import type { EventRow } from "./event-row.js";
import { EventText } from "./event-text.js";
import { ageText, type FleetSource, openFleetSource, openMonitorSource } from "./fleet-source.js";
import { interruption } from "./interruption.js";
import { endProcess } from "./process-end.js";
import { Terminal } from "./terminal.js";
import { timeTextOf } from "./time-text.js";

const pollMs = 500;
const pageEvents = 1_000;

/**
 * Prints events as they are stored, until a signal. It remembers the id of the newest printed event
 * and asks for all events after it, so none is lost or printed twice when a monitor restarts. While
 * no monitor answers it waits, and says so once.
 */
export async function followEvents(
  context: CommandContext,
  options: Options,
  wanted: WantedEvents,
  limit: number,
): Promise<ExitCode> {
  const interrupted = interruption();
  context.end = (code) => endProcess(code, "SIGINT");
  const follower = new Follower(context, options, wanted);
  try {
    await Promise.race([follower.run(limit, interrupted.signal), interrupted.made]);
    return exitCodes.ok;
  } finally {
    interrupted.dispose();
    await follower.close();
  }
}

class Follower {
  readonly #context: CommandContext;
  readonly #options: Options;
  readonly #wanted: WantedEvents;
  readonly #text: EventText;
  #source: FleetSource | null = null;
  /** The newest event that was looked at; null where there is none yet. */
  #mark: EventRow | null = null;

  constructor(context: CommandContext, options: Options, wanted: WantedEvents) {
    this.#context = context;
    this.#options = options;
    this.#wanted = wanted;
    this.#text = new EventText(context.terminal, timeTextOf(options));
  }

  async run(limit: number, signal: AbortSignal): Promise<void> {
    const settings = await settingsOf(this.#context, this.#options);
    this.#source = await openFleetSource(settings);
    await this.#begin(this.#source, limit);
    const { note } = this.#source;
    // Without HTTP it reads only the database; otherwise the database replaces an absent monitor.
    let waitsFor = note.kind === "store" && settings.http !== null ? note.because : null;
    if (waitsFor !== null) await this.#wait("Its events come as soon as a monitor answers");
    while (!signal.aborted) {
      await delay(pollMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      if (waitsFor !== null) {
        // The one that starts may listen elsewhere than the one that ended.
        const monitor = await openMonitorSource(await settingsOf(this.#quietly(), this.#options));
        if (typeof monitor === "string") continue;
        this.#source = monitor;
      }
      const reason = await this.#look(this.#source as FleetSource);
      if (reason === null && waitsFor !== null) this.#context.terminal.note("The monitor answers again.");
      if (reason !== null && waitsFor === null) await this.#wait(reason);
      waitsFor = reason;
    }
  }

  async close(): Promise<void> {
    const source = this.#source;
    this.#source = null;
    await source?.close();
  }

  /** A context that prints nothing, so no note appears twice. */
  #quietly(): CommandContext {
    const nowhere = { write: () => true };
    const { environment } = this.#context;
    const terminal = new Terminal({ stdout: nowhere, stderr: nowhere, environment });
    return { ...this.#context, terminal };
  }

  async #wait(reason: string): Promise<void> {
    this.#context.terminal.note(`${reason}. Waiting; Ctrl-C ends.`);
    await this.close();
  }

  /** Prints the events before the start, and remembers the newest one. */
  async #begin(source: FleetSource, limit: number): Promise<void> {
    const { terminal } = this.#context;
    const age = ageText(source.note, this.#context.nowMs());
    if (age !== null) terminal.note(age);
    [this.#mark = null] = await source.events({ limit: 1 });
    const events = limit === 0 ? [] : await newestEvents(source, this.#wanted, limit, this.#mark?.id ?? 0);
    const spans = await downSpans(source, events);
    this.#text.widen(events);
    if (this.#options["json"] !== true) terminal.print(this.#text.head());
    for (const event of events) this.#print(event, spans.get(event.id) ?? null);
  }

  /** Prints the events since; returns the reason if the source did not answer. */
  async #look(source: FleetSource): Promise<string | null> {
    try {
      const events = await this.#since(source);
      const told = events.filter((event) => isWanted(event, this.#wanted));
      const spans = await downSpans(source, told);
      for (const event of told) this.#print(event, spans.get(event.id) ?? null);
      this.#mark = events.at(-1) ?? this.#mark;
      return null;
    } catch (error) {
      if (error instanceof CommandError) return error.message;
      throw error;
    }
  }

  /** The events after the mark, oldest first. */
  async #since(source: FleetSource): Promise<EventRow[]> {
    const mark = this.#mark;
    const found = await allAfter(source, { afterId: Math.max(0, (mark?.id ?? 0) - 1) });
    if (mark === null) return found;
    const [first, ...later] = found;
    if (first !== undefined && isSame(first, mark)) return later;
    // The marked event is missing: another database has replaced the one that had it.
    const newer = await allAfter(source, { fromMs: eventMs(mark) });
    return newer.filter((event) => !isSame(event, mark));
  }

  #print(event: EventRow, downMs: number | null): void {
    const { terminal } = this.#context;
    if (this.#options["json"] === true) terminal.print(eventJsonLine(event, downMs));
    else terminal.print(this.#text.event(event, downMs));
  }
}

async function allAfter(
  source: FleetSource,
  from: { readonly afterId?: number; readonly fromMs?: number },
): Promise<EventRow[]> {
  const found: EventRow[] = [];
  let beforeId: number | undefined;
  for (;;) {
    const page = await source.events({ ...from, beforeId, limit: pageEvents });
    found.push(...page);
    if (page.length < pageEvents) return found.reverse();
    beforeId = page.at(-1)?.id;
  }
}

function isSame(a: EventRow, b: EventRow): boolean {
  return a.ts === b.ts && a.channel === b.channel && a.to_status === b.to_status && a.pid === b.pid;
}
