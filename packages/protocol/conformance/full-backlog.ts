import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { endGroup, watchGroup } from "./process-group.js";

/** Listens, says so, and is stopped then. */
const program = `
  require("node:net").createServer().listen({ path: process.argv[1], backlog: 1 }, () => process.stdout.write("up"));
`;

/** More than a backlog of 1 holds on any system that was tried. */
const mostFillers = 16;

/** A monitor that accepts nobody: its process is stopped, and its backlog is full. */
export class FullBacklog {
  readonly #path: string;
  readonly #pid: number;
  readonly #fillers: readonly Socket[];

  private constructor(path: string, pid: number, fillers: readonly Socket[]) {
    this.#path = path;
    this.#pid = pid;
    this.#fillers = fillers;
  }

  static async listen(path: string): Promise<FullBacklog> {
    const child = spawn(process.execPath, ["-e", program, path], {
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    const pid = child.pid as number;
    watchGroup(pid);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    child.kill("SIGSTOP");
    const fillers: Socket[] = [];
    for (let isFull = false; !isFull && fillers.length < mostFillers; ) {
      const filler = connect(path);
      fillers.push(filler);
      // Node connects without blocking: an attempt at a full backlog fails at once.
      isFull = await new Promise<boolean>((resolve) => {
        filler.once("error", () => resolve(true));
        filler.once("connect", () => resolve(false));
        void sleep(200).then(() => resolve(true));
      });
    }
    return new FullBacklog(path, pid, fillers);
  }

  end(): void {
    for (const filler of this.#fillers) filler.destroy();
    endGroup(this.#pid);
    rmSync(this.#path, { force: true });
  }
}
