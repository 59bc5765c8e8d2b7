import { readFile } from "node:fs/promises";
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { rootCertificates } from "node:tls";
import { type Secret, SecretError } from "../config/secret.js";
import { version } from "../version.js";
import { cutSecrets } from "./cut-secrets.js";

/** How long all of it may take: secret, name, connection, request and answer. */
const postMs = 10_000;
/** So much of an answer is read at most. */
const mostAnswerBytes = 65_536;

export interface PostRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Post {
  readonly secrets: readonly Secret[];
  /** What is sent where, made of what the secrets say, in their order. May throw a SecretError. */
  readonly request: (revealed: readonly string[]) => PostRequest;
  /** The path of certificates to trust beside the known ones. */
  readonly ca: string | null;
}

export type PostOutcome =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: IncomingMessage["headers"];
      /** What was read of the answer, for its meaning. */
      readonly body: string;
      /** The same for people: without a secret, and short. */
      readonly detail: string;
      /** Takes the secrets out of a part of it, which is to be kept or shown. */
      readonly withoutSecrets: (part: string) => string;
    }
  /** Surely nothing was taken. */
  | { readonly kind: "unsent"; readonly detail: string }
  /** Perhaps it was. */
  | { readonly kind: "in_doubt"; readonly detail: string };

/**
 * Posts once, follows no redirect, and never rejects. An answer whose status came counts, also when
 * the rest of it does not come in time.
 */
export async function httpPost(post: Post, signal: AbortSignal, deadlineMs = postMs): Promise<PostOutcome> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const ended = AbortSignal.any([signal, deadline]);
  const late = `within ${deadlineMs / 1_000} s`;
  try {
    const [ca, ...revealed] = await orEnded(
      Promise.all([trusted(post.ca), ...post.secrets.map((secret) => secret.reveal())]),
      ended,
    );
    return await new Exchange(post.request(revealed), { ca, revealed, late }).run(ended);
  } catch (error) {
    if (error instanceof SecretError) return { kind: "unsent", detail: error.message };
    return {
      kind: "unsent",
      detail: ended.aborted ? `the secret could not be read ${late}` : faultOf(error),
    };
  }
}

interface ExchangeTerms {
  readonly ca: string[] | undefined;
  readonly revealed: readonly string[];
  readonly late: string;
}

/** One request and its answer. */
class Exchange {
  readonly #request: PostRequest;
  readonly #url: URL;
  readonly #terms: ExchangeTerms;
  #connected = false;

  constructor(request: PostRequest, terms: ExchangeTerms) {
    this.#request = request;
    this.#url = new URL(request.url);
    this.#terms = terms;
  }

  run(ended: AbortSignal): Promise<PostOutcome> {
    const { headers = {}, body } = this.#request;
    const { ca, late } = this.#terms;
    const isTls = this.#url.protocol === "https:";
    const bytes = Buffer.from(body);
    return new Promise((resolve) => {
      const options = {
        method: "POST",
        // A connection of its own: there is one notice a minute.
        agent: false,
        headers: {
          "content-type": "application/json",
          "content-length": bytes.length,
          "user-agent": `KissBot-Monitor/${version}`,
          ...headers,
        },
      } as const;
      const asked = isTls
        ? tlsRequest(this.#url, { ...options, ...(ca === undefined ? {} : { ca }), rejectUnauthorized: true })
        : plainRequest(this.#url, options);
      let fault: string | undefined;
      const end = () => {
        fault ??= this.#connected ? `no answer ${late}` : `no connection ${late}`;
        asked.destroy();
      };
      ended.addEventListener("abort", end, { once: true });
      const settle = (outcome: PostOutcome) => {
        ended.removeEventListener("abort", end);
        asked.destroy();
        resolve(outcome);
      };
      asked.once("socket", (socket) => {
        socket.once(isTls ? "secureConnect" : "connect", () => {
          this.#connected = true;
        });
      });
      asked.once("response", (response) => {
        void this.#answer(response).then(settle);
      });
      // It may come more than once, and after the answer.
      asked.on("error", (error) => settle(this.#failed(fault ?? faultOf(error))));
      if (ended.aborted) end();
      else asked.end(bytes);
    });
  }

  #failed(fault: string): PostOutcome {
    const detail = `${this.#url.hostname}: ${fault}`;
    return { kind: this.#connected ? "in_doubt" : "unsent", detail };
  }

  async #answer(response: IncomingMessage): Promise<PostOutcome> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const piece of response as AsyncIterable<Buffer>) {
        pieces.push(piece.subarray(0, mostAnswerBytes - bytes));
        bytes += piece.length;
        if (bytes >= mostAnswerBytes) break;
      }
    } catch {
      // What came of it counts: the status said already what became of the notice.
    }
    const body = Buffer.concat(pieces).toString("utf8");
    const { statusCode: status = 0, statusMessage = "", headers } = response;
    const secrets = [...this.#terms.revealed, this.#request.url];
    const withoutSecrets = (part: string) => cutSecrets(part, secrets);
    const said = withoutSecrets(body);
    const line = `${this.#url.hostname}: ${status} ${withoutSecrets(statusMessage)}`.trim();
    const detail = said === "" ? line : `${line}: ${said}`;
    return { kind: "answered", status, headers, body, detail, withoutSecrets };
  }
}

async function trusted(path: string | null): Promise<string[] | undefined> {
  if (path === null) return undefined;
  try {
    return [...rootCertificates, await readFile(path, "utf8")];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SecretError(`the file of certificates cannot be read (${code})`);
  }
}

/** The result, or a rejection at the end of the time. */
function orEnded<T>(work: Promise<T>, ended: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error("late"));
    if (ended.aborted) end();
    ended.addEventListener("abort", end, { once: true });
    work.then(resolve, reject).finally(() => ended.removeEventListener("abort", end));
  });
}

const faults: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there",
  ECONNRESET: "the connection was reset",
  EPIPE: "the connection was closed",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name could not be looked up",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "the host did not answer",
  CERT_HAS_EXPIRED: "TLS: its certificate has expired",
  CERT_NOT_YET_VALID: "TLS: its certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "TLS: its certificate is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "TLS: its certificate is from an authority that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "TLS: its certificate is from an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "TLS: its certificate is from an authority that is not trusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "TLS: its certificate is for another name",
};

/** A sentence of ours: what a library says may hold the address. */
function faultOf(error: unknown): string {
  const { code = "" } = (error ?? {}) as { code?: unknown };
  const name = `${code}`;
  if (faults[name] !== undefined) return faults[name];
  if (/CERT|TLS|SSL|EPROTO/.test(name)) return `TLS: ${name}`;
  return /^[A-Z_0-9]{2,64}$/.test(name) ? `failed (${name})` : "failed";
}
