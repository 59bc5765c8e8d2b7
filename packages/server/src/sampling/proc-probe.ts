import type { Clock } from "../clock.js";
import { goneResult, type MeasuredProbeResult, unknownResult } from "../registry/probe-result.js";
import { bootTimeMs, readUptimes } from "./boot-time.js";
import { CpuHistory } from "./cpu-history.js";
import { existenceOf } from "./existence.js";
import { causeOf, LookTrouble } from "./look-trouble.js";
import { ownPageSize } from "./page-size.js";
import { ProcReader } from "./proc-reader.js";
import { hasEnded, msPerTick, type ProcStat, parseProcStat } from "./proc-stat.js";
import type { ProbeProblem, ProcessProbe } from "./process-probe.js";
import { TaskQueue } from "./task-queue.js";
import { TimeSlice } from "./time-slice.js";

export interface ProcProbeOptions {
  readonly clock: Clock;
  /** Where the process file system is: `/proc`. */
  readonly procRoot?: string;
  /** Asks the system beside it whether a pid is taken: by a signal 0. */
  readonly existence?: typeof existenceOf;
}

/** What holds for one round of looks. */
interface Round {
  readonly bootMs: number;
  readonly pageBytes: number | null;
  readonly trouble: LookTrouble;
  /** What is listed, where it may save looks. */
  readonly listed: ReadonlySet<number> | null;
}

/**
 * Reads `/proc/<pid>/stat` of Linux, in slices of 2 ms.
 *
 * `gone` needs two witnesses: no such file (ENOENT, or ESRCH when it ended between open and read),
 * and no such process for a signal
 * 0. One alone lies: under `hidepid` the files of other users' processes are not there. Where
 *    `/proc` is missing, or is that of another pid namespace (its `self` is not this process),
 *    every look is `unknown`, since a pid means another process there. Any other failure (EMFILE,
 *    EACCES, a file of another form) is `unknown` too.
 *
 * Who was gone in the round before is gone as long as the pid is not listed: at most a process that
 * nobody has seen yet hides there. One listing is enough for all of them, so bots that are not
 * visible, as all are that live in containers, cost next to nothing (measured:
 * `pnpm bench ablation`, `gone-listing`).
 */
export class ProcProbe implements ProcessProbe {
  readonly capabilities = { startTime: true, zombie: true, startKey: true };
  readonly #clock: Clock;
  readonly #reader: ProcReader;
  readonly #existence: typeof existenceOf;
  readonly #rounds = new TaskQueue();
  readonly #history = new CpuHistory();
  #before: ReadonlyMap<number, MeasuredProbeResult> = new Map();
  #goneBefore = 0;
  #pageBytes: number | null = null;
  #problem: ProbeProblem | null = null;
  #closed = false;

  constructor({ clock, procRoot = "/proc", existence = existenceOf }: ProcProbeOptions) {
    this.#clock = clock;
    this.#reader = new ProcReader(procRoot);
    this.#existence = existence;
  }

  get problem(): ProbeProblem | null {
    return this.#problem;
  }

  probe(pids: readonly number[]): Promise<ReadonlyMap<number, MeasuredProbeResult>> {
    return this.#rounds.run(() => this.#lookAtAll(pids));
  }

  close(): void {
    this.#closed = true;
    this.#history.clear();
  }

  async #lookAtAll(pids: readonly number[]): Promise<ReadonlyMap<number, MeasuredProbeResult>> {
    const looks = new Map<number, MeasuredProbeResult>();
    let gone = 0;
    const slice = new TimeSlice(this.#clock);
    const round = await this.#beginRound();
    for (const pid of pids) {
      if (!looks.has(pid)) {
        const look = round === null || this.#closed ? unknownResult : this.#look(pid, round);
        looks.set(pid, look);
        if (look.state === "gone") gone++;
      }
      if (slice.spent()) await slice.rest();
    }
    this.#before = looks;
    this.#goneBefore = gone;
    if (round !== null) this.#problem = round.trouble.problem;
    return looks;
  }

  /** Null where `/proc` tells nothing of the processes that pids mean here. */
  async #beginRound(): Promise<Round | null> {
    if (this.#closed) return null;
    const self = this.#readSelf();
    if (typeof self === "string") {
      this.#problem = { code: "process_table_unreadable", detail: self };
      return null;
    }
    this.#pageBytes ??= ownPageSize(this.#reader);
    this.#history.beginRound();
    return {
      bootMs: bootTimeMs(this.#clock.wallMs(), readUptimes()),
      pageBytes: this.#pageBytes,
      trouble: new LookTrouble(),
      listed: this.#goneBefore > 0 ? await this.#reader.pids() : null,
    };
  }

  /** This process as `/proc` shows it, or why it does not. */
  #readSelf(): ProcStat | string {
    let self: ProcStat | null;
    try {
      self = parseProcStat(this.#reader.read("self/stat"));
    } catch (error) {
      return `/proc/self/stat cannot be read: ${causeOf(error)}`;
    }
    if (self === null) return "/proc/self/stat has an unknown form";
    if (self.pid === process.pid) return self;
    return `/proc is that of another pid namespace: it shows this process as ${self.pid}, not ${process.pid}`;
  }

  #look(pid: number, { bootMs, pageBytes, trouble, listed }: Round): MeasuredProbeResult {
    if (listed !== null && !listed.has(pid) && this.#before.get(pid)?.state === "gone") return goneResult;
    const atMs = this.#clock.monotonicMs();
    let stat: ProcStat | null;
    try {
      stat = parseProcStat(this.#reader.read(`${pid}/stat`));
    } catch (error) {
      return this.#lookUnread(pid, causeOf(error), trouble);
    }
    if (stat === null) return this.#failed(pid, "a stat file of an unknown form", trouble);
    if (hasEnded(stat)) return goneResult;
    const reading = { start: stat.startTicks, cpuMs: stat.cpuTicks * msPerTick, atMs };
    return {
      state: "alive",
      startedAtMs: Math.round(bootMs + stat.startTicks * msPerTick),
      startKey: stat.startTicks,
      cpuPct: this.#history.measure(pid, reading),
      rssMb: pageBytes === null || stat.rssPages === 0 ? null : (stat.rssPages * pageBytes) / 1_048_576,
    };
  }

  #lookUnread(pid: number, cause: string, trouble: LookTrouble): MeasuredProbeResult {
    if (cause !== "ENOENT" && cause !== "ESRCH") return this.#failed(pid, cause, trouble);
    const existence = this.#existence(pid);
    if (existence === "absent") return goneResult;
    if (existence === "unknown") return this.#failed(pid, "whether it exists cannot be told", trouble);
    // It may also have come into being since the look; the next one will see it.
    trouble.hidden();
    this.#history.keep(pid);
    return unknownResult;
  }

  #failed(pid: number, why: string, trouble: LookTrouble): MeasuredProbeResult {
    trouble.failed(why);
    this.#history.keep(pid);
    return unknownResult;
  }
}
