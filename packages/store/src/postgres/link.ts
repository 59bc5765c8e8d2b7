import type { Client, ClientConfig, QueryResult } from "pg";
import { StoreError } from "../error.js";
import { passwordFor } from "./passfile.js";
import { type PostgresHost, type PostgresUrl, shownUrl } from "./postgres-url.js";
import { isPartitionMade, remedyFor } from "./sql-state.js";
import { tlsFor } from "./tls.js";

export interface LinkOptions {
  /** For the host, TLS and the password together: 5 000. */
  readonly connectMs?: number;
  /** For a statement's answer: 10 000. */
  readonly statementMs?: number;
  /** Stands in `pg_stat_activity`. */
  readonly name?: string;
  readonly warn?: (sentence: string) => void;
}

/** The code of an error: TLS was asked for, and the server has none. */
export const tlsRefused = "TLS_REFUSED";

/** Partitions of so many tables may be made while a statement waits. */
const partitionTries = 8;

type Row = Record<string, unknown>;
type Ask = (text: string, values?: readonly unknown[]) => Promise<Row[]>;

/**
 * One connection with deadlines. A statement that is not answered in time may or may not be done;
 * its connection is destroyed, and the next one is a new one. Nothing is bound to a session: no
 * named statement, no SET, no LISTEN, so any pooler may stand between. One statement at a time.
 */
export class Link {
  readonly url: PostgresUrl;
  readonly #options: Required<LinkOptions>;
  #client: Client | null = null;
  /** It may take seconds to be one. */
  #connecting: Client | null = null;
  /** How many connections were made. */
  connections = 0;
  /** Which of the hosts is tried first. */
  #at = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(url: PostgresUrl, options: LinkOptions = {}) {
    this.url = url;
    this.#options = {
      connectMs: 5_000,
      statementMs: 10_000,
      name: "kissbot-monitor",
      warn: () => undefined,
      ...options,
    };
  }

  /** Whether a connection stands; the next statement makes one where none does. */
  get isConnected(): boolean {
    return this.#client !== null;
  }

  /** Rows by the names of their columns. A Buffer among the values is sent in binary. */
  async rows<Answer extends Row>(
    text: string,
    values: readonly unknown[] = [],
    deadlineMs = this.#options.statementMs,
  ): Promise<Answer[]> {
    const { rows } = await this.#next(() => this.#askAgain<Answer>(text, values, deadlineMs));
    return rows;
  }

  /**
   * Statements in one transaction, with the connection to themselves. What `body` throws rolls it
   * back.
   */
  transaction<Answer>(body: (rows: Ask) => Promise<Answer>, deadlineMs?: number): Promise<Answer> {
    return this.#within("BEGIN", body, deadlineMs);
  }

  /** Questions that all see the same moment. */
  snapshot<Answer>(body: (rows: Ask) => Promise<Answer>, deadlineMs?: number): Promise<Answer> {
    return this.#within("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", body, deadlineMs);
  }

  #within<Answer>(
    begin: string,
    body: (rows: Ask) => Promise<Answer>,
    deadlineMs = this.#options.statementMs,
  ): Promise<Answer> {
    return this.#next(async () => {
      await this.#ask(begin, null, deadlineMs);
      const connection = this.connections;
      const ask: Ask = async (text, values = []) => {
        // On another connection it would be no part of the transaction.
        if (this.#client === null) throw new Error("the connection was lost");
        return (await this.#ask<Row>(text, values.length === 0 ? null : values, deadlineMs)).rows;
      };
      try {
        const answer = await body(ask);
        await ask("COMMIT");
        return answer;
      } catch (error) {
        // Where the connection is gone, so is the transaction.
        if (this.#client !== null && this.connections === connection) await ask("ROLLBACK");
        throw error;
      }
    });
  }

  /** Several statements without values, in one transaction. */
  async script(text: string, deadlineMs = this.#options.statementMs): Promise<void> {
    await this.#next(() => this.#ask(text, null, deadlineMs));
  }

  /** After the statements before it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#queue.catch(() => undefined);
    const client = this.#client;
    this.#client = null;
    if (client === null) return;
    const timer = setTimeout(() => destroy(client), this.#options.connectMs);
    await client.end().catch(() => undefined);
    clearTimeout(timer);
  }

  /** At once; a statement on its way fails. */
  destroy(): void {
    this.#isClosed = true;
    for (const client of [this.#client, this.#connecting]) if (client !== null) destroy(client);
    this.#client = null;
  }

  #next<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const turn = this.#queue.catch(() => undefined).then(work);
    this.#queue = turn;
    return turn;
  }

  /** A statement alone: what its first try did is undone. */
  async #askAgain<Answer extends Row>(
    ...question: [text: string, values: readonly unknown[], deadlineMs: number]
  ): Promise<QueryResult<Answer>> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#ask<Answer>(...question);
      } catch (error) {
        if (!isPartitionMade(error) || tries === partitionTries) throw error;
      }
    }
  }

  async #ask<Answer extends Row>(
    text: string,
    values: readonly unknown[] | null,
    deadlineMs: number,
  ): Promise<QueryResult<Answer>> {
    const client = this.#client ?? (await this.#connect());
    try {
      const answer = values === null ? client.query<Answer>(text) : client.query<Answer>(text, [...values]);
      return await within(answer, deadlineMs, `no answer within ${deadlineMs} ms`);
    } catch (error) {
      const isAnswer = (error as { severity?: unknown }).severity !== undefined;
      const remedy = remedyFor(error);
      // After an error of the server the connection is as before, unless it is the wrong server.
      const isWrong = remedy === "next_host" || (remedy === "retry" && !isPartitionMade(error));
      if (!isAnswer || isWrong) this.#drop(client);
      if (remedy === "next_host") this.#at++;
      throw error;
    }
  }

  /** Each host once, beginning with the one that was good last. Its name is looked up anew. */
  async #connect(): Promise<Client> {
    const { hosts } = this.url;
    let failure: unknown;
    for (let i = 0; i < hosts.length; i++) {
      if (this.#isClosed) throw new StoreError("closed", "the connection is closed");
      const host = hosts[this.#at % hosts.length] as PostgresHost;
      try {
        return await this.#connectTo(host, hosts.length > 1);
      } catch (error) {
        failure = error;
        this.#at++;
      }
    }
    throw failure;
  }

  async #connectTo(host: PostgresHost, mustWrite: boolean): Promise<Client> {
    const { connectMs, name, warn } = this.#options;
    const { Client: Made } = await loadDriver();
    const config: ClientConfig = {
      host: host.host,
      port: host.port,
      user: this.url.user,
      database: this.url.database,
      // A function, or pg would look for one in places of its own.
      password: async () => (await passwordFor(this.url, host, warn)) ?? "",
      ssl: (await tlsFor(this.url, host)) ?? false,
      application_name: name,
      keepAlive: true,
      keepAliveInitialDelayMillis: 30_000,
    };
    const client = new Made(config);
    this.#connecting = client;
    // Without a listener it would end the process. What was asked fails by itself.
    client.on("error", () => this.#drop(client));
    client.on("end", () => this.#drop(client));
    try {
      await within(client.connect(), connectMs, `no connection within ${connectMs} ms`);
      if (mustWrite && (await isReadOnly(client, connectMs))) {
        throw Object.assign(new Error(`${host.host} cannot be written to`), { code: "25006" });
      }
    } catch (error) {
      destroy(client);
      throw isWithoutTls(error) ? withoutTls(error) : error;
    } finally {
      this.#connecting = null;
    }
    if (this.#isClosed) {
      destroy(client);
      throw new StoreError("closed", "the connection is closed");
    }
    this.#client = client;
    this.connections++;
    return client;
  }

  #drop(client: Client): void {
    if (this.#client === client) this.#client = null;
    destroy(client);
  }
}

/** One sentence about a failure, with the URL as it may be shown. */
export function describeFailure(error: unknown, url: PostgresUrl): string {
  const { code, message = String(error) } = (error ?? {}) as { code?: string; message?: string };
  const known = code === undefined || message.includes(code) ? "" : ` (${code})`;
  return `${shownUrl(url)}: ${message}${known}`;
}

let driver: Promise<typeof import("pg")> | null = null;

/** An optional peer dependency, loaded when a URL asks for it. */
function loadDriver(): Promise<typeof import("pg")> {
  driver ??= import("pg").then(
    (found) => (found as unknown as { default?: typeof import("pg") }).default ?? found,
    (cause) => {
      driver = null;
      throw new StoreError("reserved_scheme", "postgres: needs the package pg: npm install pg", { cause });
    },
  );
  return driver;
}

/** The driver's error for it has no code. */
function isWithoutTls(error: unknown): boolean {
  return error instanceof Error && error.message === "The server does not support SSL connections";
}

function withoutTls(cause: unknown): Error {
  const sentence =
    "the server takes no TLS: turn it on there, or write sslmode=disable if nobody else can read the way to it";
  return Object.assign(new Error(sentence, { cause }), { code: tlsRefused });
}

async function isReadOnly(client: Client, deadlineMs: number): Promise<boolean> {
  const asked = client.query<{ transaction_read_only: string }>("SHOW transaction_read_only");
  const { rows } = await within(asked, deadlineMs, `no answer within ${deadlineMs} ms`);
  return rows[0]?.transaction_read_only === "on";
}

/** Not `client.end()`, which waits for a server that may be gone. */
function destroy(client: Client): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  connection.stream.destroy();
}

async function within<Answer>(promise: Promise<Answer>, ms: number, sentence: string): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(sentence)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
    // Its connection is destroyed, and then it fails too.
    promise.catch(() => undefined);
  }
}
