import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type BotPlan, planFleet, rivalAt, type Stretch, stretchAt } from "./bot-plan.js";

/** Beside the command's own file, where the package is built. */
const botScript = fileURLToPath(new URL("./demo-bot.js", import.meta.url));

interface Life {
  readonly plan: BotPlan;
  readonly stretch: (n: number) => Stretch | undefined;
  n: number;
  process: ChildProcess | null;
}

/**
 * The simulated bots, each a process. They come and go by their plan; every one of them ends when
 * its stdin does, which is with this process at the latest. They are in process groups of their
 * own, so that a Ctrl-C reaches the demo alone.
 */
export class DemoFleet {
  readonly #socketPath: string;
  readonly #lives: readonly Life[];
  #timer: NodeJS.Timeout | null = null;
  #startedMs = 0;

  constructor(socketPath: string, count: number) {
    this.#socketPath = socketPath;
    this.#lives = planFleet(count).flatMap((plan) => [
      { plan, stretch: (n) => stretchAt(plan.role, n), n: 0, process: null },
      { plan, stretch: (n) => rivalAt(plan.role, n), n: 0, process: null },
    ]);
  }

  /** The names of its bots. */
  get channels(): ReadonlySet<string> {
    return new Set(this.#lives.map(({ plan }) => plan.channel));
  }

  start(): void {
    this.#startedMs = performance.now();
    this.#timer = setInterval(() => this.#advance(), 250);
    this.#advance();
  }

  /** Ends all of them at once; resolves when they are gone. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    const running = this.#lives.flatMap(({ process: child }) => (child === null ? [] : [child]));
    await Promise.all(
      running.map((child) => {
        const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
        if (child.exitCode !== null || child.signalCode !== null) return undefined;
        child.kill("SIGKILL");
        return gone;
      }),
    );
  }

  #advance(): void {
    const elapsedS = (performance.now() - this.#startedMs) / 1_000;
    for (const life of this.#lives) {
      const stretch = life.stretch(life.n);
      if (stretch === undefined) continue;
      if (elapsedS >= stretch.toS) {
        life.process?.kill(stretch.end === "killed" ? "SIGKILL" : "SIGTERM");
        life.process = null;
        life.n++;
      } else if (elapsedS >= stretch.fromS && life.process === null) {
        life.process = this.#spawn(life.plan);
      }
    }
  }

  #spawn({ channel, role }: BotPlan): ChildProcess {
    const args = [
      "--max-old-space-size=32",
      "--max-semi-space-size=1",
      botScript,
      this.#socketPath,
      channel,
      role,
    ];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "ignore", "ignore"], detached: true });
    child.on("error", () => {
      // It could not be started: the table then shows one bot fewer.
    });
    child.stdin?.on("error", () => {
      // It ended by itself.
    });
    return child;
  }
}
