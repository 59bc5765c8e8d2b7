import type { ProbeProblem } from "./process-probe.js";

/** Counts what went wrong in one round of looks, and says it in one sentence. */
export class LookTrouble {
  #hidden = 0;
  #failed = 0;
  #firstFailure = "";

  /** The process exists, but this user is not shown it. */
  hidden(): void {
    this.#hidden += 1;
  }

  failed(why: string): void {
    if (this.#failed === 0) this.#firstFailure = why;
    this.#failed += 1;
  }

  get problem(): ProbeProblem | null {
    if (this.#failed > 0) {
      const detail = `${this.#failed} processes could not be looked at: ${this.#firstFailure}`;
      return { code: "probe_failing", detail };
    }
    if (this.#hidden > 0) {
      const detail =
        `${this.#hidden} processes exist but /proc does not show them: is it mounted with hidepid, ` +
        "or ProtectProc set? Their bots are judged by their heartbeats";
      return { code: "processes_hidden", detail };
    }
    return null;
  }
}

/** The system's name of an error (`EMFILE`), else its message. */
export function causeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message ?? String(error);
}
