import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { Bytes } from "./bytes.js";
import { endGroup, watchGroup } from "./process-group.js";
import type { Timeline } from "./timeline.js";

/** Passes on what comes: of each connection its number, and its bytes or its end. */
const program = `
  let number = 0;
  const tell = (what) => process.stdout.write(JSON.stringify(what) + "\\n");
  require("node:net").createServer((socket) => {
    const connection = ++number;
    tell({ connection, accepted: true });
    socket.on("data", (chunk) => tell({ connection, bytes: chunk.toString("base64") }));
    socket.on("error", () => tell({ connection, how: "reset" }));
    socket.on("end", () => tell({ connection, how: "closed" }));
  }).listen(process.argv[1], () => tell({ up: true }));
`;

interface Word {
  readonly connection?: number;
  readonly accepted?: true;
  readonly bytes?: string;
  readonly how?: "reset" | "closed";
}

/** A monitor in a process of its own, which is stopped and goes on by signals. */
export class StoppedMonitor {
  readonly #child: ChildProcess;
  readonly #timeline: Timeline;
  readonly #received = new Map<number, Bytes>();

  private constructor(child: ChildProcess, timeline: Timeline) {
    this.#child = child;
    this.#timeline = timeline;
  }

  static async listen(path: string, timeline: Timeline): Promise<StoppedMonitor> {
    const child = spawn(process.execPath, ["-e", program, path], {
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    watchGroup(child.pid as number);
    const monitor = new StoppedMonitor(child, timeline);
    const words = new Bytes();
    await new Promise<void>((resolve) => {
      child.stdout?.on("data", (chunk: Uint8Array) => {
        words.add(chunk);
        for (let line = words.line(); line !== undefined; line = words.line()) {
          const word: Word = JSON.parse(line.toString());
          if (word.connection === undefined) resolve();
          else monitor.#hear(word.connection, word);
        }
      });
    });
    timeline.tell({ event: "listening" });
    return monitor;
  }

  stop(): void {
    this.#child.kill("SIGSTOP");
    this.#timeline.tell({ event: "frozen" });
  }

  goOn(): void {
    this.#timeline.tell({ event: "thawed" });
    this.#child.kill("SIGCONT");
  }

  end(): void {
    endGroup(this.#child.pid as number);
  }

  #hear(connection: number, { accepted, bytes, how }: Word): void {
    if (accepted) {
      this.#received.set(connection, new Bytes());
      this.#timeline.tell({ event: "accepted", connection });
    }
    const received = this.#received.get(connection);
    if (bytes !== undefined && received !== undefined) {
      received.add(Buffer.from(bytes, "base64"));
      for (let line = received.line(); line !== undefined; line = received.line())
        this.#timeline.tell({ event: "line", connection, line: line.toString() });
    }
    if (how !== undefined) this.#timeline.tell({ event: "ended", connection, by: "client", how });
  }
}
