import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const faults = ["live", "frozen", "absent", "flapping"] as const;
export type Fault = (typeof faults)[number];

/**
 * Where a monitor is, or would be: the same one on a Unix socket and, for clients that know no
 * other, on a TCP port.
 */
export interface Place {
  readonly socketPath: string;
  readonly port: number;
}

/** A monitor in a process of its own, in the state that the fault asks for. */
export class FaultyMonitor {
  readonly place: Place;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(place: Place, folder: string, child: ChildProcess) {
    this.place = place;
    this.#folder = folder;
    this.#process = child;
  }

  static async start(fault: Fault): Promise<FaultyMonitor> {
    const folder = mkdtempSync(join(tmpdir(), "kissbot-bench-"));
    const socketPath = join(folder, "monitor.sock");
    const script = join(fileURLToPath(new URL(".", import.meta.url)), "monitor.mjs");
    const child = spawn(process.execPath, [script, socketPath, fault], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [text] = await once(child.stdout.setEncoding("utf8"), "data");
    const monitor = new FaultyMonitor({ socketPath, port: Number(text) }, folder, child);
    if (fault === "frozen") child.kill("SIGSTOP");
    if (fault === "absent") {
      child.kill("SIGKILL");
      await once(child, "exit");
      rmSync(socketPath, { force: true });
    }
    return monitor;
  }

  stop(): void {
    this.#process.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
