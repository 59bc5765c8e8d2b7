import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cores } from "./cores.js";
import { Peer } from "./peer.js";
import { CpuMeter, type CpuTime, residentMbOf } from "./process-figures.js";

/**
 * A server to compare with, on the server's core like the monitor, in a folder that is gone
 * afterwards.
 */
export class Baseline {
  readonly socketPath: string;
  readonly databasePath: string;
  readonly #folder: string;
  readonly pid: number;
  readonly #peer: Peer;
  readonly #cpu: CpuMeter;

  private constructor(folder: string, peer: Peer) {
    this.#folder = folder;
    this.socketPath = join(folder, "monitor.sock");
    this.databasePath = join(folder, "monitor.db");
    this.#peer = peer;
    this.pid = peer.pid;
    this.#cpu = new CpuMeter(peer.pid);
  }

  /**
   * `more`: what this script's `listen` takes beside the paths. `prepare` makes the database
   * before.
   */
  static async start(
    script: URL,
    more: object = {},
    prepare?: (databasePath: string) => Promise<void>,
  ): Promise<Baseline> {
    const baseline = new Baseline(
      mkdtempSync(join(tmpdir(), "kissbot-bench-")),
      await Peer.start(script, cores.server),
    );
    const { socketPath, databasePath } = baseline;
    await prepare?.(databasePath);
    await baseline.#peer.ask("listen", { socketPath, databasePath, ...more });
    return baseline;
  }

  /** How many lines it has done with. */
  lines(): Promise<number> {
    return this.#peer.ask("lines");
  }

  cpuTime(): CpuTime {
    return this.#cpu.read();
  }

  residentMb(): number {
    return residentMbOf(this.pid);
  }

  async stop(): Promise<void> {
    await this.#peer.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
