import { cores } from "../server/cores.js";
import { Monitor } from "../server/monitor.js";
import { Peer } from "../server/peer.js";
import { sustainedRun } from "../server/rows-table.js";
import { AlertConfig, promptPace } from "./alert-config.js";
import type { CallOrder } from "./call-load.js";
import { HangingReceivers } from "./hanging-receivers.js";

export interface LawRun {
  /** Microseconds of a call of the client, the median. */
  readonly callUs: number;
  readonly rowsPerS: number;
}

export interface LawScale {
  readonly calls: number;
  readonly lines: number;
}

/** A run with no receivers, and one with seven that all hang. */
export async function lawPair(
  scale: LawScale,
  isBareFirst: boolean,
): Promise<{ readonly bare: LawRun; readonly hung: LawRun }> {
  const first = isBareFirst ? await bareRun(scale) : undefined;
  const hung = await hungRun(scale);
  return { bare: first ?? (await bareRun(scale)), hung };
}

function bareRun(scale: LawScale): Promise<LawRun> {
  return lawRun(scale, [], async () => undefined);
}

async function hungRun(scale: LawScale): Promise<LawRun> {
  await using receivers = await HangingReceivers.start();
  using config = new AlertConfig(receivers.all, promptPace);
  let asked = 0;
  return await lawRun(scale, config.flags, async () => {
    // Each of them was asked by this monitor, and says nothing.
    asked += Object.keys(receivers.all).length;
    await receivers.untilAsked(asked);
    asked = receivers.taken;
  });
}

type Ready = () => Promise<void>;

async function lawRun({ calls, lines }: LawScale, flags: readonly string[], ready: Ready): Promise<LawRun> {
  const order = { type: "llm_usage", lines, perWrite: 100, botsEach: 4, window: 60_000 } as const;
  return {
    callUs: await callUs(calls, flags, ready),
    rowsPerS: (await sustainedRun({ connections: 50, order }, { monitor: { flags }, ready })).rowsPerS,
  };
}

async function callUs(calls: number, flags: readonly string[], ready: Ready): Promise<number> {
  const monitor = await Monitor.start({ flags });
  const bot = await Peer.start(new URL("./call-load.ts", import.meta.url), cores.load);
  try {
    await ready();
    return await bot.ask("call", { socketPath: monitor.socketPath, calls } satisfies CallOrder);
  } finally {
    await bot.stop();
    await monitor.stop();
  }
}
