import { faultsOfTold, toldOverKills } from "../../../server/test/daemon/monitor-kills.js";
import { medianOf } from "../median.js";
import { cellOf, percent, ratiosOf, short, thousands, times } from "../server/cell.js";
import { cores } from "../server/cores.js";
import type { Table } from "../table.js";
import { defaultPace, hurried, promptPace } from "./alert-config.js";
import { engineCost } from "./engine-cost.js";
import { killToRequest } from "./kill-to-request.js";
import { type LawScale, lawPair } from "./law.js";
import { storm } from "./storm.js";

/** How much is measured. */
interface Scale {
  readonly runs: number;
  readonly stormBots: number;
  /**
   * By how much waiting is shorter than by default: in the storm, and from a kill to its request.
   */
  readonly stormHurry: number;
  readonly killHurry: number;
  readonly kills: number;
  readonly law: LawScale;
  readonly lawRuns: number;
  readonly connected: number;
  readonly windowMs: number;
}

const whole: Scale = {
  runs: 3,
  stormBots: 1_000,
  stormHurry: 5,
  killHurry: 1,
  kills: 100,
  law: { calls: 200_000, lines: 300_000 },
  lawRuns: 7,
  connected: 10_000,
  windowMs: 60_000,
};
/** Enough to see that everything is measured; the figures say nothing. */
const quick: Scale = {
  runs: 1,
  stormBots: 20,
  stormHurry: 60,
  killHurry: 20,
  kills: 1,
  law: { calls: 2_000, lines: 2_000 },
  lawRuns: 1,
  connected: 100,
  windowMs: 2_000,
};

/** What alerts promise, beside its budget. */
export async function toldTable(isQuick: boolean): Promise<Table> {
  const { runs, stormBots, stormHurry, killHurry, kills } = isQuick ? quick : whole;
  const { killMs, messages, downs, ups } = await storm(stormBots, stormHurry);
  const several = Array.from({ length: runs });
  const byDefault = await Promise.all(several.map(() => killToRequest(hurried(defaultPace, killHurry))));
  const prompt: number[] = [];
  for (const _ of several) prompt.push(await killToRequest(promptPace));
  const told = await toldOverKills(kills);
  const { downsWithoutUp, upsWithoutDown, twoDowns } = faultsOfTold(told);
  const items = [...told.values()].flat().length;
  const bots = stormBots.toLocaleString("en");
  const waits = `${defaultPace.forS / killHurry} s and ${defaultPace.groupWaitS / killHurry} s`;
  return {
    title: "What receivers are told",
    method: `A signed webhook at a server here, repeats under one id put together; bots are processes that hold one connection each. Storm: ${bots} bots are killed in ${short(killMs)} ms and started again ${300 / stormHurry} s later, with every wait ${stormHurry} times as short as by default (so the five minutes of the real case are ${300 / stormHurry} s); one by one, that were as many messages as there are deaths and returns. Kill to request: from \`kill -9\` of a bot to the request at the server, ${runs} monitors each, which have told their first message and are past the quiet of their start, median (least to most); without alerts nobody is told. Kills: a monitor that is killed ${kills} times at random, with its bots, and \`for\` and \`group_wait\` at 0.`,
    columns: ["figure", "budget", "measured", "one by one"],
    rows: [
      [`messages about ${bots} bots that die and come back`, "4", String(messages), String(downs + ups)],
      ["bots told as down, as up", `${stormBots}, ${stormBots}`, `${downs}, ${ups}`, ""],
      [`kill to request, \`for\` and \`group_wait\` ${waits}, s`, "55", cellOf(byDefault), ""],
      ["kill to request, `for` and `group_wait` 0, s", "3", cellOf(prompt), ""],
      [`downs without an up, of ${items} told over ${kills} kills`, "0", String(downsWithoutUp), ""],
      ["ups without a down", "0", String(upsWithoutDown), ""],
      ["two downs", "0", String(twoDowns), ""],
    ],
  };
}

/** What alerts cost, beside its budget. */
export async function costTable(isQuick: boolean): Promise<Table> {
  const { law, lawRuns: runs, connected, windowMs } = isQuick ? quick : whole;
  const laws: Awaited<ReturnType<typeof lawPair>>[] = [];
  // Who goes first changes from run to run.
  for (let run = 0; run < runs; run++) laws.push(await lawPair(law, run % 2 === 0));
  const bareUs = laws.map(({ bare }) => bare.callUs);
  const hungUs = laws.map(({ hung }) => hung.callUs);
  const bareRows = laws.map(({ bare }) => bare.rowsPerS);
  const hungRows = laws.map(({ hung }) => hung.rowsPerS);
  const { without, withAlerts, turns, longTurns } = await engineCost(connected, windowMs);
  const calls = ratiosOf(bareUs, hungUs);
  const rows = ratiosOf(hungRows, bareRows);
  const bots = connected.toLocaleString("en");
  return {
    title: "What alerts cost",
    method: `Hanging: seven receivers of seven kinds that take the connection and never answer, asked at once and again and again, beside a monitor with none, in turn, ${runs} times, median (least to most). Speed is above 1 where ours is faster. A call of the client: the median of ${law.calls.toLocaleString("en")}. Rows: ${law.lines.toLocaleString("en")} usage lines from the socket to the committed row. Fleet: ${bots} connected bots that are well and beat every 15 s, over ${windowMs / 1_000} s after as long a start, with one receiver and with none; turns are \`kissbot_alert_turn_seconds\`. ${cores.text}`,
    columns: ["figure", "budget", "without", "with alerts", "speed, or share"],
    rows: [
      [
        "a call of the client, µs, seven hang",
        "0.97 x",
        cellOf(bareUs),
        cellOf(hungUs),
        cellOf(calls, times),
      ],
      [
        "rows/s, seven hang",
        "0.97 x",
        cellOf(bareRows, thousands),
        cellOf(hungRows, thousands),
        cellOf(rows, times),
      ],
      [`process of ${bots} bots, of a core`, "", percent(without), percent(withAlerts), ""],
      [`turns of the alerts, ${bots} bots, of a core`, "0.3 %", "", "", percent(turns)],
      ["turns over 10 ms in all pieces, of all turns", "", "", "", percent(longTurns)],
    ],
    figures: [
      { name: "alerts: a call of the client, seven hang", value: medianOf(calls).median, better: "more" },
      { name: "alerts: rows, seven hang", value: medianOf(rows).median, better: "more" },
    ],
  };
}
