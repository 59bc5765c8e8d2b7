import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { cores, pinned } from "./cores.js";
import { Peer, usualEnvironment } from "./peer.js";
import { CpuMeter, type CpuTime, residentMbOf } from "./process-figures.js";

type ByType = Readonly<Record<string, number>>;

/** What `/healthz` tells of where each line went. */
export interface Account {
  readonly lines: number;
  /** Those that were no message, or of a type that is not known. */
  readonly rejected: number;
  /** Messages of all types. */
  readonly received: number;
  readonly processed: ByType;
  readonly shed: ByType;
  /** Waiting in the queue or for their commit. */
  readonly waiting: number;
}

/** How late the event loop came to what was due. */
export interface Delays {
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Memory {
  readonly rssBytes: number;
  /** The heap and what hangs on it outside. */
  readonly liveBytes: number;
  /** Of it, what V8 compiled. */
  readonly codeBytes: number;
  /** Of it, the bytes of array buffers: rows under way, answers, what is kept to be used again. */
  readonly bufferBytes: number;
  /** What V8 holds for the main thread's heap, used or not. */
  readonly heapBytes: number;
}

export interface MonitorOptions {
  /** The path of another build than the installed one. */
  readonly command?: string;
  readonly flags?: readonly string[];
  readonly nodeFlags?: readonly string[];
  /** What requests must bring, which several listeners need. */
  readonly token?: string;
  /** Fills the database before the start. */
  readonly prepare?: (databasePath: string) => Promise<void>;
}

/**
 * The command of the package that is installed here; another build of it, to compare two, where
 * KISSBOT_BENCH_MONITOR names it.
 */
const installed =
  process.env["KISSBOT_BENCH_MONITOR"] ??
  join(dirname(fileURLToPath(import.meta.resolve("@kissbot/server/package.json"))), "dist", "main.js");

/**
 * The built monitor in a process of its own, on the server's core, in a folder that is gone
 * afterwards.
 */
export class Monitor {
  readonly socketPath: string;
  readonly databasePath: string;
  readonly url: string;
  readonly pid: number;
  /** For requests. */
  readonly headers: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #peer: Peer;
  readonly #cpu: CpuMeter;

  private constructor(folder: string, url: string, peer: Peer, token: string | undefined) {
    this.headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#folder = folder;
    this.socketPath = join(folder, "monitor.sock");
    this.databasePath = join(folder, "monitor.db");
    this.url = url;
    this.pid = peer.pid;
    this.#cpu = new CpuMeter(peer.pid);
    this.#peer = peer;
  }

  static async start({
    command = installed,
    flags = [],
    nodeFlags = [],
    token,
    prepare,
  }: MonitorOptions = {}): Promise<Monitor> {
    const folder = mkdtempSync(join(tmpdir(), "kissbot-bench-"));
    await prepare?.(join(folder, "monitor.db"));
    const preload = new URL("./reporter.mjs", import.meta.url).href;
    const [file = "", ...args] = pinned(cores.server, [
      process.execPath,
      ...nodeFlags,
      "--import",
      preload,
      command,
      "start",
      "--json",
      "--socket",
      join(folder, "monitor.sock"),
      "--store",
      join(folder, "monitor.db"),
      "--http",
      "127.0.0.1:0",
      "--log-level",
      "error",
      ...flags,
    ]);
    // No other command is to find it.
    const secret = token === undefined ? {} : { KISSBOT_MONITOR_HTTP_TOKEN: token };
    const env = { ...process.env, ...usualEnvironment, KISSBOT_MONITOR_STATE_FILE: "off", ...secret };
    const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "inherit", "ipc"] });
    const { http } = await startReportOf(child);
    return new Monitor(folder, http, await Peer.of(child), token);
  }

  async account(): Promise<Account> {
    const health = (await (await fetch(`${this.url}/healthz`, { headers: this.headers })).json()) as {
      readonly lines: { readonly lines: number; readonly rejected: ByType; readonly ignored: number };
      readonly queue_depth: number;
      readonly store: { readonly pending_rows: number };
      readonly messages: {
        readonly received: ByType;
        readonly processed: ByType;
        readonly shed: Readonly<Record<string, ByType>>;
      };
    };
    const { received, processed, shed } = health.messages;
    return {
      lines: health.lines.lines,
      rejected: sumOf(health.lines.rejected) + health.lines.ignored,
      received: sumOf(received),
      processed,
      shed: Object.fromEntries(Object.entries(shed).map(([type, reasons]) => [type, sumOf(reasons)])),
      waiting: health.queue_depth + health.store.pending_rows,
    };
  }

  cpuTime(): CpuTime {
    return this.#cpu.read();
  }

  residentMb(): number {
    return residentMbOf(this.pid);
  }

  /**
   * From now on; a look that often: what holds the event loop for less than that is seen in part.
   */
  async watchDelays(resolutionMs: number): Promise<void> {
    await this.#peer.ask("watchDelays", { resolutionMs });
  }

  /** Since `watchDelays`, and ends it. */
  delays(): Promise<Delays> {
    return this.#peer.ask("delays");
  }

  /** After a collection, where the monitor was started with `--expose-gc`. */
  memory(): Promise<Memory> {
    return this.#peer.ask("memory");
  }

  /**
   * The main thread's heap as V8 writes it, after a collection as above. Holds the monitor for
   * seconds.
   */
  async heapSnapshot(): Promise<string> {
    const path = join(this.#folder, "monitor.heapsnapshot");
    await this.#peer.ask("snapshot", { path });
    try {
      return readFileSync(path, "utf8");
    } finally {
      rmSync(path);
    }
  }

  /** As Prometheus asks. */
  async scrape(): Promise<void> {
    await (await fetch(`${this.url}/metrics`, { headers: this.headers })).arrayBuffer();
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
  throw new Error(`the monitor did not start: ${text}`);
}
