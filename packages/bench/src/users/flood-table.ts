import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { short } from "../server/cell.js";
import { cores, pinned } from "../server/cores.js";
import { Monitor } from "../server/monitor.js";
import { percentileOf } from "../server/percentile.js";
import type { Table } from "../table.js";

const token = "a-token-of-a-benchmark";
const headers = { authorization: `Bearer ${token}` };
const rowsPerBeat = 20;
const pauseMs = 10;
const cases = ["nobody else", "a flood of another user", "a flood while the database is locked"] as const;

interface Beats {
  readonly waitsMs: readonly number[];
  readonly ownShed: number;
  readonly floodShed: number;
}

/** How soon one user's beat is in the API while another writes as fast as the kernel takes. */
export async function floodTable(isQuick: boolean): Promise<Table> {
  const beats = isQuick ? 20 : 500;
  const rows: string[][] = [];
  for (const name of cases) {
    const { waitsMs, ownShed, floodShed } = await measure(name, beats);
    const at = (share: number) => short(percentileOf(waitsMs, share));
    rows.push([name, at(0.5), at(0.99), at(1), String(ownShed), String(floodShed)]);
  }
  return {
    title: "One user's beats beside another user's flood",
    method: `${beats} beats of user b, each behind ${rowsPerBeat} calls: from the write to the answer of \`GET /api/v1/bots/…\` that shows it. User a writes calls over one connection as fast as the kernel takes them. The budget is 100 ms at p99 and no row of b shed. ${cores.text}`,
    columns: ["beside it", "p50 ms", "p99 ms", "most ms", "rows of b shed", "rows of a shed"],
    rows,
  };
}

async function measure(name: (typeof cases)[number], beats: number): Promise<Beats> {
  const folder = mkdtempSync(join(tmpdir(), "kissbot-users-"));
  const path = (user: string) => join(folder, `${user}.sock`);
  const listen = ["a", "b"].flatMap((user) => [
    "--listen",
    `unix:${path(user)}?as=${user}&channels=${user}_*`,
  ]);
  const monitor = await Monitor.start({
    flags: ["--http-token", token, "--queue-limit", "50000", ...listen],
  });
  const helpers: ChildProcess[] = [];
  const socket = connect(path("b"));
  try {
    const write = (type: string, more: object) =>
      socket.write(`${JSON.stringify({ type, channel: "b_1", ...more })}\n`);
    write("register", { pid: 1 });
    await until(async () => (await shownLoad(monitor)) !== undefined);
    if (name === cases[2]) helpers.push(await lockOf(monitor.databasePath));
    if (name !== cases[0]) {
      const script = fileURLToPath(new URL("./flood.mjs", import.meta.url));
      const [file = "", ...args] = pinned(cores.load, [process.execPath, script, path("a"), "a_1"]);
      helpers.push(spawn(file, args, { stdio: "ignore" }));
      await until(async () => (await shedOf(monitor, "a")) > 0);
    }
    const waitsMs: number[] = [];
    for (let beat = 1; beat <= beats; beat++) {
      for (let row = 0; row < rowsPerBeat; row++)
        write("llm_usage", { model: "m", feature: "f", tokens_in: row, tokens_out: 1 });
      const startMs = performance.now();
      write("heartbeat", { pid: 1, rss_mb: beat, cpu_pct: 1 });
      await until(async () => (await shownLoad(monitor)) === beat);
      waitsMs.push(performance.now() - startMs);
      await delay(pauseMs);
    }
    return { waitsMs, ownShed: await shedOf(monitor, "b"), floodShed: await shedOf(monitor, "a") };
  } finally {
    for (const helper of helpers) helper.kill("SIGKILL");
    socket.destroy();
    await monitor.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error("it did not happen within a minute");
    await delay(1);
  }
}

/** Undefined while the bot is not there. */
async function shownLoad({ url }: Monitor): Promise<number | null | undefined> {
  const answer = await fetch(`${url}/api/v1/bots/b_1`, { headers });
  const bot = (await answer.json()) as { readonly rss_mb?: number | null };
  return bot.rss_mb;
}

async function shedOf({ url }: Monitor, principal: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`, { headers })).text();
  const counts = text.matchAll(/^kissbot_principal_shed_total\{principal="(\w+)",reason="\w+"\} (\d+)$/gm);
  return [...counts].reduce((sum, [, name, count]) => (name === principal ? sum + Number(count) : sum), 0);
}

/** A second connection that holds the database's lock until it is killed. */
async function lockOf(databasePath: string): Promise<ChildProcess> {
  const script = fileURLToPath(new URL("../../../store/test/lock-holder.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, databasePath, "write"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  for await (const chunk of child.stdout) if (String(chunk).includes("held")) break;
  return child;
}
