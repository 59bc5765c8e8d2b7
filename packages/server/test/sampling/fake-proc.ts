import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "@kissbot/testkit";
import { statLine } from "./stat-line.js";

/** A folder in the form of `/proc`, whose `self` is this process. */
export class FakeProc {
  readonly #folder = new TemporaryFolder("proc");
  readonly root = this.#folder.path;

  constructor() {
    mkdirSync(join(this.root, "self"));
    writeFileSync(join(this.root, "self/stat"), readFileSync("/proc/self/stat"));
  }

  set(stat: Parameters<typeof statLine>[0]): void {
    this.write(stat.pid, statLine(stat));
  }

  write(pid: number | "self", text: string): void {
    mkdirSync(join(this.root, String(pid)), { recursive: true });
    writeFileSync(join(this.root, `${pid}/stat`), text);
  }

  remove(pid: number | "self"): void {
    rmSync(join(this.root, String(pid)), { recursive: true });
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
