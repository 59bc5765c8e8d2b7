import type { Bot } from "./bot.js";
import type { HeartbeatTimer } from "./heartbeat-timer.js";

/** One heartbeat that was started for a bot, and has not been stopped. */
export interface RunningHeartbeat {
  readonly socketPath: string;
  readonly bot: Bot;
  readonly timer: HeartbeatTimer;
}

/**
 * Processes of one channel that may have heartbeats at the same time. Two overlap when a bot is
 * deployed; more are the heartbeats that a supervisor forgot to stop when its bot crashed, again
 * and again.
 */
const mostProcesses = 8;

/** By socket and channel, oldest first. */
const running = new Map<string, RunningHeartbeat[]>();

/**
 * Starts it. Where its channel has those of too many processes, those of the oldest process are
 * stopped.
 */
export function startHeartbeat(heartbeat: RunningHeartbeat, intervalMs: number): void {
  const channel = channelOf(heartbeat.socketPath, heartbeat.bot);
  const list = running.get(channel) ?? [];
  if (list.includes(heartbeat)) return;
  list.push(heartbeat);
  running.set(channel, list);
  const oldest = list[0]?.bot;
  if (oldest !== undefined && new Set(list.map(({ bot }) => bot.pid)).size > mostProcesses)
    stopHeartbeatsOf(heartbeat.socketPath, oldest);
  if (heartbeat.timer.start(intervalMs)) heartbeat.timer.beat();
}

/** Resolves when the outcome of its last beat is known. */
export function stopHeartbeat(heartbeat: RunningHeartbeat): Promise<void> {
  const channel = channelOf(heartbeat.socketPath, heartbeat.bot);
  const rest = running.get(channel)?.filter((other) => other !== heartbeat) ?? [];
  if (rest.length > 0) running.set(channel, rest);
  else running.delete(channel);
  return heartbeat.timer.stop();
}

export function stopHeartbeatsOf(socketPath: string, bot: Bot): void {
  for (const heartbeat of heartbeatsOf(socketPath, bot)) void stopHeartbeat(heartbeat);
}

/** The bot's heartbeat interval in seconds; undefined without a heartbeat. */
export function intervalSecondsOf(socketPath: string, bot: Bot): number | undefined {
  const intervalMs = heartbeatsOf(socketPath, bot)[0]?.timer.intervalMs;
  return intervalMs === undefined ? undefined : intervalMs / 1_000;
}

/** An extra beat of every bot that has a heartbeat at this socket. */
export function beatAll(socketPath: string): void {
  for (const list of [...running.values()]) {
    for (const heartbeat of list) if (heartbeat.socketPath === socketPath) heartbeat.timer.beat();
  }
}

function heartbeatsOf(socketPath: string, bot: Bot): readonly RunningHeartbeat[] {
  // Most programs have none; and a bot that can be none has no key.
  if (running.size === 0 || bot.key === "") return [];
  return (running.get(channelOf(socketPath, bot)) ?? []).filter((heartbeat) => heartbeat.bot.key === bot.key);
}

function channelOf(socketPath: string, { channel }: Bot): string {
  return `${socketPath}\n${channel}`;
}
