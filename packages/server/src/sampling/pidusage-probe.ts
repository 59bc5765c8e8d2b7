import type { Clock } from "../clock.js";
import { goneResult, type MeasuredProbeResult, unknownResult } from "../registry/probe-result.js";
import { within } from "../within.js";
import { CpuHistory } from "./cpu-history.js";
import { type Existence, existenceOf } from "./existence.js";
import { causeOf, LookTrouble } from "./look-trouble.js";
import { callPidusage, type Usage } from "./pidusage-call.js";
import type { ProbeProblem, ProcessProbe } from "./process-probe.js";
import { TaskQueue } from "./task-queue.js";
import { TimeSlice } from "./time-slice.js";

export interface PidusageProbeOptions {
  readonly clock: Clock;
  readonly call?: typeof callPidusage;
  readonly existence?: (pid: number) => Existence;
  /** How long one call may take. */
  readonly deadlineMs?: number;
}

/** How many processes one call asks for: their answers come in one turn of the event loop. */
const batchSize = 100;
/** After so many calls in a row that failed, the fault is not in one of the pids. */
const mostFailures = 3;
/** `ps` tells how long a process has run in whole seconds. */
const startToleranceMs = 2_500;

/**
 * Asks pidusage, in batches, one after the other. Whether a process exists is not its word but the
 * system's, by a signal 0: pidusage tells a dead process from one that it could not read on some
 * platforms only. A batch that fails is asked for again one by one, so that one pid takes no look
 * from the others. A call that has not answered within its deadline (a `ps` that hangs) gives
 * `unknown`, and so does everything after it until it has.
 *
 * CPU is our own difference of the CPU times that pidusage tells: its own percentage is an average
 * since the process's start in its first answer on some platforms, and 0 on others. A process that
 * exists without figures is `alive` with null in them; one with no memory at all is a zombie or
 * part of the kernel, which cannot be told apart here: `unknown`.
 */
export class PidusageProbe implements ProcessProbe {
  readonly capabilities = { startTime: false, zombie: false, startKey: false };
  readonly #clock: Clock;
  readonly #call: typeof callPidusage;
  readonly #existence: (pid: number) => Existence;
  readonly #deadlineMs: number;
  readonly #rounds = new TaskQueue();
  readonly #history = new CpuHistory(startToleranceMs);
  #problem: ProbeProblem | null = null;
  #trouble = new LookTrouble();
  #failures = 0;
  #stuck = false;
  #closed = false;

  constructor({
    clock,
    call = callPidusage,
    existence = existenceOf,
    deadlineMs = 10_000,
  }: PidusageProbeOptions) {
    this.#clock = clock;
    this.#call = call;
    this.#existence = existence;
    this.#deadlineMs = deadlineMs;
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
    const slice = new TimeSlice(this.#clock);
    this.#history.beginRound();
    this.#trouble = new LookTrouble();
    this.#failures = 0;
    let batch: number[] = [];
    for (const pid of pids) {
      if (!looks.has(pid) && this.#isToBeAsked(pid, looks)) batch.push(pid);
      if (batch.length === batchSize) {
        await this.#lookAt(batch, looks);
        batch = [];
      }
      if (slice.spent()) await slice.rest();
    }
    await this.#lookAt(batch, looks);
    this.#problem = this.#trouble.problem;
    return looks;
  }

  /** Looks at what needs no call. A pid to be asked for is `unknown` until it has been. */
  #isToBeAsked(pid: number, looks: Map<number, MeasuredProbeResult>): boolean {
    const existence = this.#closed ? "unknown" : this.#existence(pid);
    looks.set(pid, existence === "absent" ? goneResult : unknownResult);
    if (existence === "unknown") this.#failed([pid], "whether it exists cannot be told");
    return existence === "exists";
  }

  async #lookAt(batch: readonly number[], looks: Map<number, MeasuredProbeResult>): Promise<void> {
    const usages = await this.#ask(batch);
    if (typeof usages !== "string") {
      const atMs = this.#clock.monotonicMs();
      for (const pid of batch) looks.set(pid, this.#judge(pid, usages.get(pid), atMs));
    } else if (batch.length > 1 && this.#failures < mostFailures) {
      for (const pid of batch) await this.#lookAt([pid], looks);
    } else {
      this.#failed(batch, usages);
    }
  }

  /** What pidusage tells, or why it tells nothing. */
  async #ask(batch: readonly number[]): Promise<ReadonlyMap<number, Usage> | string> {
    if (batch.length === 0) return new Map();
    if (this.#closed) return "the probe is closed";
    if (this.#stuck) return "an earlier call of pidusage still has not answered";
    if (this.#failures >= mostFailures) return "pidusage failed too often in this round";
    const call = this.#call(batch);
    try {
      const answer = await within(call, this.#deadlineMs);
      if (answer !== "late") {
        this.#failures = 0;
        return answer;
      }
      this.#waitFor(call);
      return `pidusage did not answer within ${this.#deadlineMs} ms`;
    } catch (error) {
      this.#failures += 1;
      return causeOf(error);
    }
  }

  #waitFor(call: Promise<unknown>): void {
    this.#stuck = true;
    const answered = () => {
      this.#stuck = false;
    };
    call.then(answered, answered);
  }

  #judge(pid: number, usage: Usage | undefined, atMs: number): MeasuredProbeResult {
    if (this.#closed) return unknownResult;
    if (usage === undefined) return this.#judgeUnread(pid);
    const memory = Number.isFinite(usage.memory) ? usage.memory : null;
    if (memory === 0) return unknownResult;
    const reading = { start: atMs - usage.elapsed, cpuMs: usage.ctime, atMs };
    const isKnown = Number.isFinite(reading.start) && Number.isFinite(reading.cpuMs);
    return {
      state: "alive",
      startedAtMs: null,
      startKey: null,
      cpuPct: isKnown ? this.#history.measure(pid, reading) : null,
      rssMb: memory === null ? null : memory / 1_048_576,
    };
  }

  /** It was there before the call; whether it still is, is asked again. */
  #judgeUnread(pid: number): MeasuredProbeResult {
    const existence = this.#existence(pid);
    if (existence === "absent") return goneResult;
    this.#failed([pid], "pidusage tells nothing of it");
    if (existence === "unknown") return unknownResult;
    return { ...unknownResult, state: "alive" };
  }

  #failed(pids: readonly number[], why: string): void {
    for (const pid of pids) {
      this.#trouble.failed(why);
      this.#history.keep(pid);
    }
  }
}
