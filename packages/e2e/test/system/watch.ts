import { lasting } from "@kissbot/testkit";
import { expect } from "vitest";
import { medianOf } from "./fleet.js";
import type { MonitorProcess } from "./monitor-process.js";

/** What somebody who looks at a monitor all the time saw of it. */
export interface Watch {
  readonly medianMs: number;
  readonly maxMs: number;
  readonly beatsPerSecond: number;
}

/**
 * Asks for the bots ten times a second; gives how long each answer took, and how many heartbeats a
 * second were processed.
 */
export async function watch(monitor: MonitorProcess, forMs: number, bots: number): Promise<Watch> {
  const beats = async () =>
    (await monitor.metrics()).sum("kissbot_messages_processed_total", 'type="heartbeat"');
  const beatsBefore = await beats();
  const startedMs = performance.now();
  const answersMs: number[] = [];
  while (performance.now() - startedMs < forMs) {
    const askedMs = performance.now();
    expect((await monitor.bots()).length).toBeGreaterThanOrEqual(bots);
    answersMs.push(performance.now() - askedMs);
    await lasting("the pause between two questions", 100);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  return {
    medianMs: medianOf(answersMs),
    maxMs: Math.max(...answersMs),
    beatsPerSecond: ((await beats()) - beatsBefore) / seconds,
  };
}
