import { Child, until } from "@kissbot/testkit";
import type { Scene } from "./scene.js";

export interface BotPlan {
  readonly channels: readonly string[];
  readonly heartbeatMs: number;
  /** LLM calls of each bot; 0 if not given. */
  readonly callsPerSecond?: number;
  readonly metricsPerSecond?: number;
  /** The clients' options. */
  readonly options?: Record<string, unknown>;
  readonly socketPath?: string;
  readonly env?: Record<string, string>;
}

export interface Quantiles {
  readonly n: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What the bots of one process noticed in a phase, in milliseconds. */
export interface Phase {
  readonly delay: Omit<Quantiles, "n">;
  /** How long each call held its caller. */
  readonly call: Quantiles;
  /** When its promise was kept. */
  readonly settle: Quantiles;
}

/**
 * Since the start of the process. Calls and metrics are those of the bots' own code; drops are
 * theirs, without those of states.
 */
export interface BotCount {
  readonly calls: number;
  readonly metrics: number;
  readonly sent: number;
  readonly waiting: number;
  readonly superseded: number;
  readonly reconnects: number;
  readonly connected: number;
  readonly drops: Record<"llm_usage" | "custom_metric", Record<string, number>>;
  readonly droppedCalls: number;
  readonly droppedMetrics: number;
  readonly faults: { readonly thrown: number; readonly rejected: number };
}

/**
 * Of one bot: when call number i + 1 was made, and when its connection came and went, in Unix
 * milliseconds.
 */
export interface Diary {
  readonly calls: readonly number[];
  readonly connections: readonly { readonly atMs: number; readonly connected: boolean }[];
}

interface Asks {
  phase: [undefined, Phase];
  rates: [{ callsPerSecond: number; metricsPerSecond: number }, null];
  count: [undefined, BotCount];
  diary: [undefined, Record<string, Diary>];
  renew: [undefined, null];
  stop: [{ timeoutMs: number }, boolean];
  leave: [undefined, null];
  unregister: [undefined, null];
}

/**
 * A process with bots in it, each with a client of the installed package. It reports from its start
 * on.
 */
export class BotProcess extends Child {
  #isReady = false;
  #lastId = 0;
  readonly #waiting = new Map<number, (answer: never) => void>();

  static async start(
    scene: Scene,
    { env = {}, socketPath = scene.socketPath, ...plan }: BotPlan,
  ): Promise<BotProcess> {
    const bots = scene.own(
      new BotProcess(
        process.execPath,
        [scene.project.file("bots.mjs"), JSON.stringify({ ...plan, socketPath })],
        { folder: scene.folder, env, ipc: true },
      ),
    );
    bots.process.on("message", (message: { ready?: true; id?: number; answer?: never }) => {
      if (message.ready) bots.#isReady = true;
      const { id = 0 } = message;
      bots.#waiting.get(id)?.(message.answer as never);
      bots.#waiting.delete(id);
    });
    await until("the bots are there", () => bots.#isReady, { describe: () => bots.stderr });
    return bots;
  }

  ask<Ask extends keyof Asks>(ask: Ask, given?: Asks[Ask][0], timeoutMs = 30_000): Promise<Asks[Ask][1]> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`bots ${this.pid} did not answer ${ask}: ${this.stderr}`));
      }, timeoutMs);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.process.send({ id, ask, given }, (error) => {
        if (error === null) return;
        clearTimeout(timer);
        reject(error);
      });
    });
  }
}
