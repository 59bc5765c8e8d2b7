import { isRecord, textOf } from "./summary.js";

/**
 * An answer of the monitor that is none to the question, or no answer. `status` is 0 where none
 * came.
 */
export class ApiFailure extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

type Fetch = (path: string, init?: RequestInit) => Promise<Response>;

const deadlineMs = 30_000;

/** Questions to the monitor, beside the stream. */
export class Api {
  readonly #fetch: Fetch;
  readonly #onLogin: () => void;

  /** `onLogin`: a token is needed, or the session is over. */
  constructor(fetch: Fetch, onLogin: () => void) {
    this.#fetch = fetch;
    this.#onLogin = onLogin;
  }

  /** The answer's JSON. Rejects with an `ApiFailure`, or with the signal's reason. */
  async ask(path: string, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const response = await this.#answer(path, signal === undefined ? {} : { signal });
    const value: unknown = await response.json().catch(() => null);
    if (!isRecord(value)) throw new ApiFailure(response.status, "no_json", "the answer is no JSON");
    return value;
  }

  /** Whether this browser may change something. */
  async session(): Promise<{ readonly mayWrite: boolean }> {
    const value = await this.ask("api/v1/session");
    return { mayWrite: value["may_write"] === true };
  }

  /** Rejects with an `ApiFailure` whose message is for people. */
  async change(path: string, fields: object): Promise<void> {
    await this.#send(path, fields, true);
  }

  /** Rejects with an `ApiFailure` whose message is for people where the token is refused. */
  async logIn(token: string): Promise<void> {
    await this.#send("api/v1/session", { token }, false);
  }

  async logOut(): Promise<void> {
    await this.#answer("api/v1/session", { method: "DELETE" }, false);
  }

  async #send(path: string, fields: object, needsLogin: boolean): Promise<void> {
    const headers = { "content-type": "application/json" };
    await this.#answer(path, { method: "POST", headers, body: JSON.stringify(fields) }, needsLogin);
  }

  async #answer(path: string, init: RequestInit, needsLogin = true): Promise<Response> {
    const deadline = AbortSignal.timeout(deadlineMs);
    const signal = init.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
    let response: Response;
    try {
      response = await this.#fetch(path, { ...init, signal });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ApiFailure(0, "no_answer", "the monitor does not answer");
    }
    if (response.ok) return response;
    const value: unknown = await response.json().catch(() => null);
    const told = isRecord(value) ? value["error"] : null;
    const code = isRecord(told) ? textOf(told["code"]) : textOf(told);
    const message = isRecord(told)
      ? textOf(told["message"])
      : isRecord(value)
        ? textOf(value["message"])
        : null;
    if (response.status === 401 && needsLogin) this.#onLogin();
    throw new ApiFailure(
      response.status,
      code ?? "other",
      message ?? `the monitor answers ${response.status}`,
    );
  }
}
