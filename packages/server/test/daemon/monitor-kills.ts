import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { Child, lasting, until } from "@kissbot/testkit";
import { Place } from "./place.js";
import { promptConfig, RecordingReceiver } from "./recording-receiver.js";

const command = fileURLToPath(new URL("../../bin/kissbot-monitor.mjs", import.meta.url));
const botFile = fileURLToPath(new URL("children/bot.mjs", import.meta.url));
const slots = ["a", "b", "c"];
/** One that goes down more often within half an hour is told as flapping, and not each time. */
const mostDeaths = 2;

/** One number after the other, from 0 to below 1. */
function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/**
 * Kills a monitor again and again, at any moment, with some of its bots; all are processes.
 * Resolves with what a receiver was told of each bot, in order, once all bots are up and told as
 * up; rejects where that does not come.
 */
export async function toldOverKills(rounds: number): Promise<ReadonlyMap<string, readonly string[]>> {
  await using place = new Place();
  await using ops = await RecordingReceiver.start("ops");
  const random = chanceFrom(4711);
  const config = promptConfig(
    place,
    ops,
    "{ down: { for: 0s, hold: 0s }, crash_loop: off, host_restarted: off, absent: off }",
  );
  const args = ["start", "--config", config, "--socket", place.socketPath, "--store", place.database];
  const monitor = () => Child.node([command, ...args, "--no-http"]);
  const bots = new Map<string, Child>();
  const deaths = new Map<string, number>();
  /** The bot that takes part now, of each slot; one before it stays up. */
  const current = new Map(slots.map((slot) => [slot, `${slot}1`]));
  const start = async (channel: string) => {
    bots.set(channel, await Child.node([botFile, place.socketPath, channel, "beat", "500"]));
  };
  const kill = async (channel: string) => {
    const bot = bots.get(channel);
    bots.delete(channel);
    deaths.set(channel, (deaths.get(channel) ?? 0) + 1);
    await bot?.kill();
  };
  /** The next bot of the slot, once this one died often enough. */
  const next = async (slot: string): Promise<string> => {
    const channel = `${slot}${[...deaths.keys()].filter((name) => name.startsWith(slot)).length + 1}`;
    current.set(slot, channel);
    await start(channel);
    return channel;
  };
  const open = () => {
    const state = new Map<string, boolean>();
    for (const { kind, subject } of ops.items) state.set(subject, kind !== "up");
    return [...state].filter(([, isDown]) => isDown).map(([subject]) => subject);
  };
  const isListening = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(place.socketPath);
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
  let running = monitor();
  try {
    await until("the first message came", () => ops.notices.length === 1, { timeoutMs: 30_000 });
    for (const channel of current.values()) await start(channel);
    for (let round = 0; round < rounds; round++) {
      for (const [slot, channel] of [...current]) {
        if (random() < 0.5) continue;
        if (!bots.has(channel)) await start(channel);
        else if ((deaths.get(channel) ?? 0) < mostDeaths) await kill(channel);
        else await next(slot);
      }
      // It dies somewhere between its start, the death of a bot and the answer to its message.
      await until("it listens", isListening, { timeoutMs: 30_000 });
      await lasting("a life of the monitor", random() * 4_000);
      await running.kill();
      running = monitor();
    }
    for (const channel of current.values()) if (!bots.has(channel)) await start(channel);
    const last = await next("last");
    await until("it listens", isListening, { timeoutMs: 30_000 });
    await lasting("a monitor that sees its bots", 2_000);
    await kill(last);
    await until("the last death is told", () => open().includes(last), { timeoutMs: 30_000 });
    await start(last);
    await until("every bot is told as up", () => open().length === 0, { timeoutMs: 90_000 });
  } finally {
    await running.kill();
    for (const bot of bots.values()) await bot.kill();
  }
  const kindsOf = (channel: string) =>
    ops.items.filter(({ subject }) => subject === channel).map(({ kind }) => kind);
  return new Map([...deaths.keys()].map((channel) => [channel, kindsOf(channel)]));
}

export interface LedgerFaults {
  readonly downsWithoutUp: number;
  readonly upsWithoutDown: number;
  readonly twoDowns: number;
}

/** What is wrong with what was told of bots that are all up in the end. */
export function faultsOfTold(told: ReadonlyMap<string, readonly string[]>): LedgerFaults {
  const faults = { downsWithoutUp: 0, upsWithoutDown: 0, twoDowns: 0 };
  for (const kinds of told.values()) {
    let isDown = false;
    for (const kind of kinds) {
      if (kind === "up") {
        if (!isDown) faults.upsWithoutDown++;
        isDown = false;
      } else {
        if (isDown) faults.twoDowns++;
        isDown = true;
      }
    }
    if (isDown) faults.downsWithoutUp++;
  }
  return faults;
}
