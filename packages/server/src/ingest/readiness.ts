import { spawn } from "node:child_process";
import type { Logger } from "../logger.js";
import { codeOfError } from "./error-code.js";

export interface ReadinessOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** `systemd-notify` */
  readonly command?: string;
  readonly timeoutMs?: number;
}

/**
 * Reports the state of the service to systemd (`Type=notify`), if it asks with NOTIFY_SOCKET. Node
 * cannot send a Unix datagram, so `systemd-notify` does: a unit needs `NotifyAccess=all`, because
 * the message comes from a child. Resolves to whether it was sent; never rejects: a failure is a
 * warning in the log.
 */
export class Readiness {
  readonly #options: ReadinessOptions;

  constructor(options: ReadinessOptions) {
    this.#options = options;
  }

  notifyReady(): Promise<boolean> {
    return this.#send("READY=1");
  }

  /** For `WatchdogSec=`. */
  notifyAlive(): Promise<boolean> {
    return this.#send("WATCHDOG=1");
  }

  notifyStopping(): Promise<boolean> {
    return this.#send("STOPPING=1");
  }

  #send(state: string): Promise<boolean> {
    const { environment, logger, command = "systemd-notify", timeoutMs = 5_000 } = this.#options;
    if (!environment["NOTIFY_SOCKET"]) return Promise.resolve(false);
    return new Promise((resolve) => {
      const child = spawn(command, [state], {
        env: { ...environment },
        stdio: "ignore",
        timeout: timeoutMs,
      });
      // It neither keeps a monitor that is done, nor ends with it.
      child.unref();
      const fail = (fields: object): void => {
        logger.warn({ command, state, ...fields }, "systemd could not be told how the monitor does");
        resolve(false);
      };
      child.on("error", (error) => fail({ code: codeOfError(error) }));
      child.on("exit", (exitCode, signal) => {
        if (exitCode === 0) resolve(true);
        else fail({ exit_code: exitCode, signal });
      });
    });
  }
}
