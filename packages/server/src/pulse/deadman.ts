import type { Secret } from "../config/secret.js";
import type { Logger } from "../logger.js";
import { httpPost } from "../notices/http-post.js";

export type PingOutcome = "ok" | "fail" | "failed";

/** A dead-man switch elsewhere, which misses a monitor that no longer asks. */
export class Deadman {
  readonly outcomes: Record<PingOutcome, number> = { ok: 0, fail: 0, failed: 0 };
  readonly #url: Secret;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  #isFailing = false;

  constructor({ url, logger }: { readonly url: Secret; readonly logger: Logger }) {
    this.#url = url;
    this.#logger = logger;
  }

  /**
   * Says that all is well; or, at the address with /fail behind it, why nobody can be told. Never
   * rejects.
   */
  async ping(undelivered: string | null): Promise<void> {
    const outcome = await httpPost(
      {
        secrets: [this.#url],
        ca: null,
        request: ([address = ""]) => ({
          url: undelivered === null ? address : failAddress(address),
          headers: { "content-type": "text/plain; charset=utf-8" },
          body: undelivered ?? "",
        }),
      },
      this.#stop.signal,
    );
    if (this.#stop.signal.aborted) return;
    const isTaken = outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300;
    this.outcomes[isTaken ? (undelivered === null ? "ok" : "fail") : "failed"]++;
    if (isTaken) this.#isFailing = false;
    else if (!this.#isFailing) {
      this.#isFailing = true;
      this.#logger.warn({ detail: outcome.detail }, "the dead-man switch did not take its ping");
    }
  }

  stop(): void {
    this.#stop.abort();
  }
}

/** As healthchecks.io has it. */
function failAddress(address: string): string {
  const place = new URL(address);
  place.pathname = `${place.pathname.replace(/\/$/, "")}/fail`;
  return place.href;
}
