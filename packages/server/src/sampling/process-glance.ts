import type { Clock } from "../clock.js";
import type { ProbeResult } from "../registry/probe-result.js";
import { bootTimeMs, readUptimes } from "./boot-time.js";
import { type Existence, existenceOf } from "./existence.js";
import { ProcReader } from "./proc-reader.js";
import { hasEnded, msPerTick, parseProcStat } from "./proc-stat.js";

export interface ProcessGlanceOptions {
  readonly clock: Pick<Clock, "wallMs">;
  /** Where the process file system is: `/proc`. */
  readonly procRoot?: string;
  readonly existence?: (pid: number) => Existence;
}

const gone: ProbeResult = { state: "gone", startedAtMs: null, startKey: null };
const unknown: ProbeResult = { state: "unknown", startedAtMs: null, startKey: null };
const somebody: ProbeResult = { state: "alive", startedAtMs: null, startKey: null };

/**
 * Looks at one process at once, which takes about 10 µs: for the rare moment in which a process
 * takes the place of another and it must be known whether that one still lives. Rounds over many
 * processes are a `ProcessProbe`'s.
 *
 * The system itself is asked first whether the pid is taken; what `/proc` says then tells a zombie,
 * and which process it is. Where it says nothing (another platform, `hidepid`, another pid
 * namespace's), somebody has the pid.
 */
export class ProcessGlance {
  readonly #clock: Pick<Clock, "wallMs">;
  readonly #reader: ProcReader;
  readonly #existence: (pid: number) => Existence;

  constructor({ clock, procRoot = "/proc", existence = existenceOf }: ProcessGlanceOptions) {
    this.#clock = clock;
    this.#reader = new ProcReader(procRoot);
    this.#existence = existence;
  }

  /** Never throws. */
  look(pid: number): ProbeResult {
    const existence = this.#existence(pid);
    if (existence !== "exists") return existence === "absent" ? gone : unknown;
    if (this.#statOf("self")?.pid !== process.pid) return somebody;
    const stat = this.#statOf(`${pid}`);
    if (stat === null) return somebody;
    if (hasEnded(stat)) return gone;
    const bootMs = bootTimeMs(this.#clock.wallMs(), readUptimes());
    return {
      state: "alive",
      startedAtMs: Math.round(bootMs + stat.startTicks * msPerTick),
      startKey: stat.startTicks,
    };
  }

  #statOf(name: string) {
    try {
      return parseProcStat(this.#reader.read(`${name}/stat`));
    } catch {
      // Not there, or not for us: then nothing more is known than that somebody has the pid.
      return null;
    }
  }
}
