import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { cores, pinned } from "./cores.js";
import { Peer } from "./peer.js";
import { type CpuTime, cpuTimeOf, residentMbOf } from "./process-figures.js";

type ByType = Readonly<Record<string, number>>;

/** What `/healthz` tells of where each line went. */
export interface Account {
  readonly lines: number;
  readonly received: ByType;
  readonly shed: ByType;
  /** Waiting in the queue or for their commit. */
  readonly waiting: number;
}

export interface MonitorOptions {
  readonly flags?: readonly string[];
  readonly nodeFlags?: readonly string[];
}

/** The command of the package that is installed here; another build of it, to compare two, where KISSBOT_BENCH_MONITOR names it. */
const command =
  process.env["KISSBOT_BENCH_MONITOR"] ??
  join(dirname(fileURLToPath(import.meta.resolve("@kissbot/server/package.json"))), "dist", "main.js");

/** The built monitor in a process of its own, on the server's core, in a folder that is gone afterwards. */
export class Monitor {
  readonly socketPath: string;
  readonly databasePath: string;
  readonly url: string;
  readonly pid: number;
  readonly #folder: string;
  readonly #peer: Peer;

  private constructor(folder: string, url: string, peer: Peer) {
    this.#folder = folder;
    this.socketPath = join(folder, "monitor.sock");
    this.databasePath = join(folder, "monitor.db");
    this.url = url;
    this.pid = peer.pid;
    this.#peer = peer;
  }

  static async start({ flags = [], nodeFlags = [] }: MonitorOptions = {}): Promise<Monitor> {
    const folder = mkdtempSync(join(tmpdir(), "kissbot-bench-"));
    const preload = new URL("./reporter.mjs", import.meta.url).href;
    const [file = "", ...args] = pinned(cores.server, [
      ...[process.execPath, ...nodeFlags, "--import", preload, command, "start", "--json"],
      ...["--socket", join(folder, "monitor.sock"), "--store", join(folder, "monitor.db")],
      ...["--http", "127.0.0.1:0", "--log-level", "error", ...flags],
    ]);
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit", "ipc"] });
    const { http } = await startReportOf(child);
    return new Monitor(folder, http, await Peer.of(child));
  }

  async account(): Promise<Account> {
    const health = (await (await fetch(`${this.url}/healthz`)).json()) as {
      readonly lines: { readonly lines: number };
      readonly queue_depth: number;
      readonly store: { readonly pending_rows: number };
      readonly messages: { readonly received: ByType; readonly shed: Readonly<Record<string, ByType>> };
    };
    const { received, shed } = health.messages;
    return {
      lines: health.lines.lines,
      received,
      shed: Object.fromEntries(Object.entries(shed).map(([type, reasons]) => [type, sumOf(reasons)])),
      waiting: health.queue_depth + health.store.pending_rows,
    };
  }

  cpuTime(): CpuTime {
    return cpuTimeOf(this.pid);
  }

  residentMb(): number {
    return residentMbOf(this.pid);
  }

  ask<Answer>(question: "watchDelays" | "delays" | "memory"): Promise<Answer> {
    return this.#peer.ask(question);
  }

  async stop(): Promise<void> {
    await this.#peer.stop("SIGTERM");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function sumOf(counts: ByType): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

async function startReportOf(child: ChildProcess): Promise<{ readonly http: string }> {
  let text = "";
  for await (const chunk of (child.stdout as NonNullable<ChildProcess["stdout"]>).setEncoding("utf8")) {
    text += chunk;
    if (text.endsWith("}\n")) return JSON.parse(text);
  }
  throw new Error("the monitor did not start");
}
