import type { FailingReceiver } from "./alerts/rules/receiver-failing.js";
import type { Clock } from "./clock.js";
import type { AlertSettings } from "./config/alert-settings.js";
import type { Logger } from "./logger.js";
import { Deadman, type PingOutcome } from "./pulse/deadman.js";
import { Pulse, watchdogMsOf } from "./pulse/pulse.js";
import { HeldUp } from "./pulse/why-not-working.js";

/** A receiver to which nothing got through for so long is one that cannot be told. */
const undeliveredMs = 900_000;

export interface MonitorPulseOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deadman: AlertSettings["deadman"];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly notifyAlive: () => Promise<boolean>;
  readonly worker: { readonly tickedMs: number };
  readonly desk: {
    readonly turnedMs: number | null;
    receivers(): readonly unknown[];
    failing(): readonly Omit<FailingReceiver, "isBroken">[];
  };
  readonly socketProblem: () => { readonly code: string } | null;
  readonly queue: {
    readonly livenessDepth: number;
    readonly counters: { readonly processed: Readonly<Record<string, number>> };
  };
}

/** The parts of the monitor as the pulse sees them. */
export class MonitorPulse extends Pulse {
  /** How many pings ended so; null where no dead-man switch is set. */
  pings: Readonly<Record<PingOutcome, number>> | null = null;
  readonly #logger: Logger;

  constructor(options: MonitorPulseOptions) {
    const { clock, logger, deadman, environment, notifyAlive, worker, desk, socketProblem, queue } = options;
    const heldUp = new HeldUp();
    const watchdogMs = watchdogMsOf(environment, process.pid);
    super({
      clock,
      logger,
      signs: (nowMs) => {
        const { register = 0, heartbeat = 0, unregister = 0 } = queue.counters.processed;
        return {
          tickedMs: worker.tickedMs,
          deskTurnMs: desk.turnedMs,
          isListening: socketProblem()?.code !== "socket_lost",
          heldUpSinceMs: heldUp.look(queue.livenessDepth, register + heartbeat + unregister, nowMs),
        };
      },
      undelivered: () => {
        const untilMs = clock.wallMs() - undeliveredMs;
        const failing = desk.failing().filter(({ sinceMs }) => sinceMs <= untilMs);
        // Where there was nothing to tell, nobody misses it.
        if (!failing.some(({ isOwed }) => isOwed) || failing.length < desk.receivers().length) return null;
        return failing.map(({ name, detail }) => `${name}: ${detail}`).join("\n");
      },
      watchdog: watchdogMs === null ? null : { everyMs: watchdogMs, notify: notifyAlive },
    });
    this.#logger = logger;
    this.configure(deadman);
  }

  /** This is the dead-man switch from now on; its pings are counted anew. */
  configure(deadman: AlertSettings["deadman"]): void {
    const target = deadman === null ? null : new Deadman({ url: deadman.url, logger: this.#logger });
    this.pings = target?.outcomes ?? null;
    if (target === null || deadman === null) this.useDeadman(null);
    else
      this.useDeadman({
        everyMs: deadman.everyMs,
        ping: (undelivered) => target.ping(undelivered),
        stop: () => target.stop(),
      });
  }
}
