import { open } from "node:fs/promises";
import { devNull } from "node:os";
import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import { codeOfError } from "./error-code.js";
import type { ListenerProblem } from "./listener-problem.js";

/**
 * Whether this process can still open something. When it cannot, libuv accepts each new connection
 * with a descriptor that it keeps for that, and closes it at once, without telling: bots see their
 * connection end and come again later. So the only way to know is to try.
 */
export class DescriptorWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #problem: ListenerProblem | null = null;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  get problem(): ListenerProblem | null {
    return this.#problem;
  }

  /** `isFull`: all connections except the reserve are in use. Never rejects. */
  async check(isFull: boolean): Promise<void> {
    if (isFull) return;
    try {
      await (await open(devNull)).close();
    } catch (error) {
      const code = codeOfError(error);
      // Any other trouble with the null device says nothing of descriptors.
      if (code === "EMFILE" || code === "ENFILE") this.exhausted(code);
      return;
    }
    if (this.#problem === null) return;
    this.#problem = null;
    this.#logger.warn("there are free file descriptors again");
  }

  /** An accept failed for want of them. Told once, until there are some again. */
  exhausted(code: string): void {
    if (this.#problem !== null) return;
    const detail = `no file descriptor is left (${code}): new connections are closed at once; raise the limit (ulimit -n, LimitNOFILE=)`;
    this.#problem = { code: "descriptors_exhausted", detail, sinceMs: this.#clock.wallMs() };
    this.#logger.error({ code }, detail);
  }
}
