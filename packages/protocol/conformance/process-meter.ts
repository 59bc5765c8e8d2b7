import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import process from "node:process";

/** Linux counts processor time in hundredths of a second, whatever the machine. */
const tickMs = 10;

/** By thread, in milliseconds since its start. */
export type Starvation = ReadonlyMap<string, number>;

/**
 * What another process uses, as the system tells it: from /proc on Linux, by `ps` elsewhere.
 * Undefined where it tells nothing, as after the end of the process.
 */
export class ProcessMeter {
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Resident memory. */
  rssBytes(): number | undefined {
    if (process.platform !== "linux") return scaled(this.#ps("rss"), 1024);
    return this.#status("VmRSS");
  }

  /** The most resident memory since its start, or since `resetPeak`. */
  peakBytes(): number | undefined {
    return process.platform === "linux" ? this.#status("VmHWM") : this.rssBytes();
  }

  resetPeak(): void {
    try {
      writeFileSync(`/proc/${this.#pid}/clear_refs`, "5");
    } catch {
      // Then the peak is that since its start.
    }
  }

  /** Processor time that it has used, of all its threads, in user and in system mode. */
  cpuMs(): number | undefined {
    if (process.platform !== "linux") {
      const [minutes = "", seconds = ""] = (this.#ps("time") ?? "").split(":").slice(-2);
      return seconds === "" ? undefined : 1000 * (60 * Number(minutes) + Number(seconds));
    }
    const fields = this.#stat();
    return fields === undefined ? undefined : tickMs * (Number(fields[11]) + Number(fields[12]));
  }

  /**
   * How long each of its threads has been ready to run and had no processor. A thread that waits
   * for something else, such as a monitor, is not ready. Empty where the system does not tell.
   */
  starvation(): Starvation {
    if (process.platform !== "linux") return new Map();
    try {
      const threads = readdirSync(`/proc/${this.#pid}/task`);
      return new Map(threads.map((thread) => [thread, this.#starvedMs(thread)]));
    } catch {
      return new Map();
    }
  }

  /** How long the thread that waited longest for a processor has waited since then. */
  starvedSinceMs(before: Starvation): number {
    const waits = [...this.starvation()].map(([thread, ms]) => ms - (before.get(thread) ?? 0));
    return Math.max(0, ...waits);
  }

  #starvedMs(thread: string): number {
    try {
      const text = readFileSync(`/proc/${this.#pid}/task/${thread}/schedstat`, "utf8");
      return Number(text.split(" ")[1]) / 1e6;
    } catch {
      return 0;
    }
  }

  /**
   * When it started, in Unix milliseconds, to about a second: what the kernel tells is no finer.
   */
  startedAtMs(): number | undefined {
    const fields = process.platform === "linux" ? this.#stat() : undefined;
    if (fields === undefined) return undefined;
    const uptimeMs = 1000 * Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
    return Date.now() - uptimeMs + tickMs * Number(fields[19]);
  }

  /** The sockets among its descriptors that a program which it starts would inherit. */
  inheritableSockets(): string[] | undefined {
    if (process.platform !== "linux") return undefined;
    try {
      return readdirSync(`/proc/${this.#pid}/fdinfo`).filter(
        (fd) => Number(fd) > 2 && this.#isInheritable(fd),
      );
    } catch {
      return undefined;
    }
  }

  #isInheritable(fd: string): boolean {
    try {
      const flags =
        /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/${this.#pid}/fdinfo/${fd}`, "utf8"))?.[1] ?? "0";
      const isCloseOnExec = (Number.parseInt(flags, 8) & 0o2000000) !== 0;
      return !isCloseOnExec && readlinkSync(`/proc/${this.#pid}/fd/${fd}`).startsWith("socket:");
    } catch {
      return false;
    }
  }

  /** A line of /proc/PID/status, which tells kilobytes. */
  #status(name: string): number | undefined {
    try {
      const text = readFileSync(`/proc/${this.#pid}/status`, "utf8");
      return scaled(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1], 1024);
    } catch {
      return undefined;
    }
  }

  /** The fields of /proc/PID/stat behind the name of the program, from the state on. */
  #stat(): string[] | undefined {
    try {
      const text = readFileSync(`/proc/${this.#pid}/stat`, "utf8");
      return text.slice(text.lastIndexOf(")") + 2).split(" ");
    } catch {
      return undefined;
    }
  }

  #ps(field: string): string | undefined {
    try {
      const text = execFileSync("ps", ["-o", `${field}=`, "-p", String(this.#pid)], {
        encoding: "utf8",
      }).trim();
      return text === "" ? undefined : text;
    } catch {
      return undefined;
    }
  }
}

const scaled = (text: string | undefined, factor: number): number | undefined =>
  text === undefined ? undefined : Number(text) * factor;
