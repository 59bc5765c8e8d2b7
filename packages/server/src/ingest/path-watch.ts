import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { ListenerProblem } from "./listener-problem.js";
import type { Occupant, SocketFile } from "./socket-file.js";

export interface PathWatchOptions {
  readonly file: Pick<SocketFile, "path" | "isOurs" | "occupant">;
  /** Listens at the path again. */
  readonly bindAgain: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Whether bots still find us. States: *ours*; *lost*, as the file was removed or replaced: bots
 * that are connected stay, and new ones find nobody, or somebody else. From *lost* the path is
 * bound again as soon as nobody answers there; while another monitor answers, each check tries
 * again.
 */
export class PathWatch {
  readonly #options: PathWatchOptions;
  #problem: ListenerProblem | null = null;

  constructor(options: PathWatchOptions) {
    this.#options = options;
  }

  get problem(): ListenerProblem | null {
    return this.#problem;
  }

  /** To be called every few seconds, never twice at once. Never rejects. */
  async check(): Promise<void> {
    const { file, bindAgain, logger } = this.#options;
    const { path } = file;
    try {
      if (await file.isOurs()) {
        if (this.#problem !== null) logger.info({ path }, "the socket's file is back");
        this.#problem = null;
        return;
      }
      const occupant = await file.occupant();
      // Reports a failure to bind again for as long as it lasts.
      if (occupant !== "free" || this.#problem === null) this.#lose(detailOf(occupant));
      if (occupant !== "free") return;
      await bindAgain();
      this.#problem = null;
      logger.warn({ path }, "listening on the path again");
    } catch (error) {
      this.#lose(`the socket's file is gone and cannot be made again: ${String(error)}`);
    }
  }

  #lose(detail: string): void {
    if (this.#problem?.detail === detail) return;
    const { clock, logger, file } = this.#options;
    this.#problem = { code: "socket_lost", detail, sinceMs: this.#problem?.sinceMs ?? clock.wallMs() };
    logger.error({ path: file.path }, detail);
  }
}

function detailOf(occupant: Occupant): string {
  if (occupant === "free") return "the socket's file was removed: new connections find nobody";
  if (occupant === "monitor") {
    return "another process listens on the socket's path: new connections go there, those that are open stay here";
  }
  if (occupant === "something else") {
    return "something that is no socket stands on the socket's path: new connections find nobody";
  }
  return `the socket's file was replaced by one that cannot be looked at (${occupant.code})`;
}
