import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { AskedName, CommandFields, HelloAnswer } from "../schema/driver.js";
import { encode } from "../src/index.js";
import { type Answer, Driver, type End } from "./driver.js";
import { DriverFault } from "./driver-fault.js";
import { FaultyMonitor } from "./faulty-monitor.js";
import { untagged } from "./fixture.js";
import { blockedCallMs } from "./limits.js";
import { awaitEnd } from "./process-end.js";
import { ProcessMeter, type Starvation } from "./process-meter.js";
import { Timeline } from "./timeline.js";
import type { Seen, Took } from "./wire.js";

export interface StageOptions {
  readonly command: readonly string[];
  readonly timeoutMs: number;
  readonly protocol: string;
  readonly suite: string;
  /** An empty folder for sockets. */
  readonly folder: string;
  /** Ends every wait and the driver, where the run as a whole is over. */
  readonly signal?: AbortSignal;
}

/** The client hung or ended in a way that is a verdict; the scenario is over. */
export class Abandoned extends Error {
  override readonly name = "Abandoned";
}

type CallName = CommandFields<"call">["do"];

export const channel = "lounge";
const lookEveryMs = 10;
/** What one call may take before a burst is no longer waited for. */
const burstCallMs = 0.2;
/** This number of calls that block is no accident, and ends the scenario. */
const mostBlockedCalls = 3;
/** What is worth telling. */
const leastStarvedMs = 1;
/** A process that uses no processor for so long, and could, waits for something. */
const idleMs = 1_500;
/** A client that works all the time gets this many times as long. */
const patience = 4;
/** How long a process that was told to end is waited for. */
const endMs = 4_000;

/**
 * One process of the driver and what is seen of it: everything that a scenario does goes through
 * here, and into the timeline that the judges get.
 */
export class Stage {
  readonly timeline = new Timeline();
  readonly options: StageOptions;
  readonly #env: Readonly<Record<string, string>>;
  readonly #monitors: FaultyMonitor[] = [];
  readonly #channels = new Map<string, string>();
  #driver: Driver | undefined;
  #hello: HelloAnswer | undefined;
  #meter: ProcessMeter | undefined;
  /** The longest round trip of a command that does nothing. */
  noopMs = 0;
  controlMaxUs: number | undefined;
  /** How late the runner itself was woken, at most: what the machine does to anybody. */
  lagMs = 0;
  /** How long the driver was ready to run and had no processor. */
  starvedMs = 0;
  #atStart: Starvation = new Map();
  #lag: NodeJS.Timeout | undefined;
  readonly #stop = (): void => void this.#driver?.kill();

  constructor(options: StageOptions, env: Readonly<Record<string, string>> = {}) {
    this.options = options;
    this.#env = env;
  }

  get driver(): Driver {
    return this.#driver as Driver;
  }

  get hello(): HelloAnswer {
    return this.#hello as HelloAnswer;
  }

  get meter(): ProcessMeter {
    return this.#meter as ProcessMeter;
  }

  path(name = "monitor"): string {
    return `${this.options.folder}/${name}.sock`;
  }

  /** Starts the driver. Told to the timeline: what is known of its clients. */
  async start(told: { interval_s?: number; listens?: "named" | "default" } = {}): Promise<void> {
    const { command, timeoutMs, protocol, suite, signal } = this.options;
    let dueMs = performance.now() + lookEveryMs;
    this.#lag = setInterval(() => {
      this.lagMs = Math.max(this.lagMs, performance.now() - dueMs);
      dueMs = performance.now() + lookEveryMs;
    }, lookEveryMs);
    signal?.throwIfAborted();
    this.#driver = new Driver({ command, timeoutMs, env: this.#env });
    signal?.addEventListener("abort", this.#stop);
    this.#hello = await this.#driver.hello(protocol, suite);
    this.#meter = new ProcessMeter(this.#driver.clientPid);
    this.#atStart = this.#meter.starvation();
    const startedAt = this.#meter.startedAtMs();
    const { bounds, timer = false } = this.#hello;
    const start = this.timeline.tell({
      event: "start",
      timer,
      unix_ms: Date.now(),
      environment: this.#env,
      ...told,
      ...(startedAt === undefined ? {} : { started_at: Math.round(startedAt) }),
      ...(bounds === undefined ? {} : { max_lines: bounds.lines, max_bytes: bounds.bytes }),
    });
    start.unix_ms = Date.now() - (this.timeline.nowMs - start.at_ms) - start.at_ms;
    await this.noop();
  }

  monitor(path = this.path()): FaultyMonitor {
    const monitor = new FaultyMonitor(path, this.timeline);
    this.#monitors.push(monitor);
    return monitor;
  }

  /** How long the way to the driver and back takes while it has nothing to do. */
  async noop(): Promise<void> {
    const { roundMs } = await this.driver.ask("noop", {});
    this.noopMs = Math.max(this.noopMs, roundMs);
  }

  /** Creates a client; without a path, as a bot that names no socket. */
  async open(
    socket: string | null = this.path(),
    { client = "a", name = channel, interval_s, mayRefuse = false }: OpenOptions = {},
  ): Promise<void> {
    this.#channels.set(client, name);
    const fields = {
      client,
      channel: name,
      ...(socket === null ? {} : { socket }),
      ...(interval_s === undefined ? {} : { interval_s }),
    };
    const answer = await this.#guarded("open", fields);
    if (typeof answer["raised"] === "string" && !mayRefuse)
      this.timeline.tell({ event: "raised", what: `open: ${answer["raised"]}` });
  }

  /** One call of the bot. Returns the answer. */
  async call(name: CallName, fields: Record<string, unknown> = {}, client = "a"): Promise<Answer> {
    const line = this.#lineOf(name, fields, client);
    const told =
      line === undefined
        ? this.timeline.tell({ event: "odd_call", what: name, took_ms: 0 })
        : this.timeline.tell({ event: "call", line, took_ms: 0 });
    const answer = await this.#timed("call", { client, do: name, fields }, told);
    if (typeof answer["took_us"] === "number") told.took_ms = round(answer["took_us"] / 1000);
    this.#raised(name, answer);
    this.#abandonBlocked();
    return answer;
  }

  /**
   * Many calls of `custom_metric` with values that count up. Returns the longest and others in µs.
   */
  async burst(
    count: number,
    from: number,
    { client = "a", fields }: { client?: string; fields?: Record<string, unknown> } = {},
  ): Promise<Percentiles | undefined> {
    const told: Seen<"burst"> = this.timeline.tell({
      event: "burst",
      channel: this.#channelOf(client),
      from,
      count,
      took_ms: 0,
    });
    const asked = {
      client,
      do: "custom_metric" as const,
      count,
      from,
      ...(fields === undefined ? {} : { fields }),
    };
    const answer = await this.#timed("burst", asked, told, count * burstCallMs);
    told.lasted_ms = Math.round(answer.roundMs);
    this.#raised("custom_metric", answer);
    const took = answer["took_us"] as Percentiles | undefined;
    if (took !== undefined) {
      told.took_ms = round(took.max / 1000);
      told.p99_ms = round(took.p99 / 1000);
      told.p50_ms = round(took.p50 / 1000);
    }
    this.#abandonBlocked();
    return took;
  }

  /** The loop of a burst without a client: what the machine takes by itself. */
  async control(count: number): Promise<void> {
    const answer = await this.driver.ask("control", { count }, this.options.timeoutMs + count * burstCallMs);
    const took = answer["took_us"] as Percentiles | undefined;
    if (took !== undefined) this.controlMaxUs = Math.max(this.controlMaxUs ?? 0, took.max);
  }

  async threads(threads: number, count: number): Promise<void> {
    const told = this.timeline.tell({ event: "threads", channel, from: 0, threads, count, took_ms: 0 });
    const answer = await this.#timed("threads", { client: "a", threads, count, from: 0 }, told);
    this.#raised("custom_metric", answer);
  }

  async fork(count: number, from: number): Promise<void> {
    const forked = this.timeline.tell({ event: "forked", pid: 0, from, count });
    const registered = this.timeline.tell({ event: "call", line: "{}", took_ms: 0 });
    const answer = await this.#guarded("fork", { client: "a", count, from });
    if (typeof answer["pid"] === "number") {
      // Its line is known only now.
      forked.pid = answer["pid"];
      registered.line = encode({ type: "register", channel, pid: forked.pid, features: {} }).trimEnd();
    }
    const status = answer["status"];
    if (status !== undefined && status !== 0)
      this.timeline.tell({ event: "raised", what: `the forked child ended with ${status}` });
  }

  async close(timeoutMs: number): Promise<void> {
    this.timeline.tell({ event: "close_asked" });
    const told = this.timeline.tell({ event: "closed", took_ms: 0, timeout_ms: timeoutMs });
    const answer = await this.#timed("close", { client: "a", timeout_ms: timeoutMs }, told, timeoutMs);
    if (typeof answer["took_us"] === "number") told.took_ms = round(answer["took_us"] / 1000);
    this.#raised("close", answer);
  }

  /** Tells the driver to end, and waits. `expectedCode`: that of a process without a client. */
  async exit(
    how: CommandFields<"exit">["how"] = "return",
    code?: number,
    expectedCode?: number,
  ): Promise<void> {
    this.timeline.tell({ event: "exit_asked", how, ...(code === undefined ? {} : { code }) });
    this.driver.exit(how, code);
    const { end, starved_ms, after_ms } = await awaitEnd(this.driver.ended, this.meter, endMs);
    if (end === undefined) this.timeline.tell({ event: "alive", after_ms, starved_ms });
    else
      this.#tellEnd(end, {
        starved_ms,
        expectedCode: expectedCode ?? (how === "crash" ? undefined : (code ?? 0)),
      });
  }

  sampleDescriptors(): void {
    const sockets = this.meter.inheritableSockets()?.length;
    if (sockets !== undefined) this.timeline.tell({ event: "inheritable", sockets });
  }

  sampleRss(): void {
    const bytes = this.meter.rssBytes();
    if (bytes !== undefined) this.timeline.tell({ event: "rss", bytes });
  }

  async wait(ms: number): Promise<void> {
    const { signal } = this.options;
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  }

  /** Lets time pass, and tells how much processor time the process used meanwhile. */
  async idle(ms: number): Promise<void> {
    const [before, from] = [this.meter.cpuMs(), performance.now()];
    const starvation = this.meter.starvation();
    await this.wait(ms);
    const after = this.meter.cpuMs();
    if (before === undefined || after === undefined) return;
    this.timeline.tell({
      event: "cpu",
      used_ms: after - before,
      over_ms: Math.round(performance.now() - from),
      starved_ms: Math.round(this.meter.starvedSinceMs(starvation)),
    });
  }

  /** Waits until it holds, at most so long. */
  async until(holds: () => boolean, mostMs: number): Promise<boolean> {
    const endMs = performance.now() + mostMs;
    while (!holds() && performance.now() < endMs && this.driver.end === undefined) await this.wait(5);
    return holds();
  }

  /** Until nothing has come for a while, at most so long. */
  async quiet(quietMs = 150, mostMs = 3_000): Promise<void> {
    const endMs = performance.now() + mostMs;
    const arrivals = () =>
      this.#monitors.reduce(
        (sum, { connections }) => sum + connections.reduce((all, { takenBytes }) => all + takenBytes, 0),
        0,
      );
    for (let before = -1; before !== arrivals() && performance.now() < endMs; ) {
      before = arrivals();
      await this.wait(quietMs);
    }
  }

  /** What has to be gone, whatever happened. */
  async end(): Promise<void> {
    clearInterval(this.#lag);
    this.options.signal?.removeEventListener("abort", this.#stop);
    await this.#driver?.kill();
    for (const monitor of this.#monitors) await monitor.stop();
  }

  #channelOf(client: string): string {
    return this.#channels.get(client) ?? channel;
  }

  /** The line that has to follow the call; undefined where none can. */
  #lineOf(type: CallName, fields: Record<string, unknown>, client: string): string | undefined {
    const hasPid = type === "register" || type === "heartbeat" || type === "unregister";
    const pid = this.#driver?.clientPid ?? 0;
    const own = {
      type,
      channel: this.#channelOf(client),
      ...(hasPid ? { pid } : {}),
      ...(type === "register" ? { features: {} } : {}),
    };
    try {
      return encode({ ...own, ...(untagged(fields as never) as object) } as never).trimEnd();
    } catch {
      return undefined;
    }
  }

  #raised(what: string, answer: Answer): void {
    if (typeof answer["raised"] === "string")
      this.timeline.tell({ event: "raised", what: `${what}: ${answer["raised"]}` });
  }

  /** A command during which the client works: that it hangs is a verdict on the client. */
  async #timed<Name extends Exclude<AskedName, "hello">>(
    name: Name,
    fields: CommandFields<Name>,
    told: Took,
    extraMs = 0,
  ): Promise<Answer> {
    const fromMs = performance.now();
    const waitMs = this.options.timeoutMs + extraMs;
    const before = this.meter.starvation();
    const healthy = this.#monitors.filter(
      ({ reading, connections }) => reading === "all" && connections.some(({ isOver }) => !isOver),
    );
    // A client that waits for an answer gets one late, and so is told from a driver that hangs.
    let isNudged = false;
    let nudges: NodeJS.Timeout | undefined;
    const watch = this.#watch(waitMs);
    const late = setTimeout(() => {
      isNudged = healthy.length > 0;
      nudges = setInterval(() => {
        for (const monitor of healthy) monitor.answer();
      }, 20);
    }, waitMs);
    try {
      const answer = await this.#guarded(name, fields, patience * (waitMs + 2_000));
      if (isNudged) told.took_ms = round(performance.now() - fromMs);
      return isNudged ? { ...answer, took_us: undefined, roundMs: answer.roundMs } : answer;
    } catch (error) {
      if (!(error instanceof DriverFault) || error.kind !== "hang") throw error;
      if (isNudged && !this.#hasWaited()) throw error;
      told.took_ms = round(performance.now() - fromMs);
      throw new Abandoned(error.message);
    } finally {
      const starvedMs = this.meter.starvedSinceMs(before);
      if (starvedMs >= leastStarvedMs) told.starved_ms = Math.round(starvedMs);
      this.starvedMs = Math.max(this.starvedMs, this.meter.starvedSinceMs(this.#atStart));
      clearInterval(watch);
      clearTimeout(late);
      clearInterval(nudges);
    }
  }

  /**
   * Gives the driver up once its time is over and it does nothing: one that works has a busy
   * machine and is waited for longer. One that busily waits is given up in the end as well.
   */
  #watch(waitMs: number): NodeJS.Timeout {
    const fromMs = performance.now();
    let before = this.meter.cpuMs() ?? 0;
    let starvation = this.meter.starvation();
    return setInterval(() => {
      const now = this.meter.cpuMs() ?? 0;
      const isIdle = now - before < 20 && this.meter.starvedSinceMs(starvation) < 20;
      before = now;
      starvation = this.meter.starvation();
      const sinceMs = performance.now() - fromMs;
      // The late answer of a monitor has a moment to help.
      if (sinceMs > waitMs + idleMs && isIdle) this.driver.giveUp(Math.round(sinceMs));
    }, idleMs);
  }

  /** A client that blocks again and again shows nothing else, and would take minutes for it. */
  #abandonBlocked(): void {
    const blocked = this.timeline.events.filter(
      (one) =>
        (one.event === "call" || one.event === "burst") &&
        one.took_ms - (one.starved_ms ?? 0) >= blockedCallMs,
    );
    if (blocked.length >= mostBlockedCalls)
      throw new Abandoned(`${blocked.length} calls took ${blockedCallMs} ms or more`);
  }

  /** Whether a call that came to its end had waited: then one that does not waits as well. */
  #hasWaited(): boolean {
    return this.timeline.events.some((one) => one.event === "call" && one.took_ms >= blockedCallMs);
  }

  /** A command during which the process may end: that too is a verdict on the client. */
  async #guarded<Name extends Exclude<AskedName, "hello">>(
    name: Name,
    fields: CommandFields<Name>,
    timeoutMs?: number,
  ): Promise<Answer> {
    try {
      return await this.driver.ask(name, fields, timeoutMs);
    } catch (error) {
      const end = this.driver.end;
      if (!(error instanceof DriverFault) || error.kind !== "death" || end === undefined) throw error;
      this.#tellEnd(end);
      throw new Abandoned(error.message);
    }
  }

  #tellEnd({ code, signal }: End, { expectedCode, starved_ms }: KnownEnd = {}): void {
    this.timeline.tell({
      event: "exit",
      code,
      ...(signal === null ? {} : { signal }),
      ...(expectedCode === undefined ? {} : { expected_code: expectedCode }),
      ...(starved_ms === undefined ? {} : { starved_ms }),
    });
  }
}

/** What is known of an end beside what the system tells. */
interface KnownEnd {
  readonly expectedCode?: number | undefined;
  readonly starved_ms?: number;
}

interface OpenOptions {
  readonly client?: string;
  /** The bot's channel. */
  readonly name?: string;
  readonly interval_s?: number;
  /** Whether the constructor may refuse its arguments. */
  readonly mayRefuse?: boolean;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

const round = (ms: number): number => Math.round(ms * 10_000) / 10_000;
