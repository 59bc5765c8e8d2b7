import { PostgresServer, type PostgresVersion } from "@kissbot/testkit";
import { Link, type LinkOptions } from "../../src/postgres/link.js";
import { parsePostgresUrl } from "../../src/postgres/postgres-url.js";

/** A server, and URLs of schemas on it. */
export class Schemas implements AsyncDisposable {
  readonly server: PostgresServer;
  readonly #links: Link[] = [];
  #count = 0;

  private constructor(server: PostgresServer) {
    this.server = server;
  }

  static async start(
    version: PostgresVersion,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Schemas> {
    return new Schemas(await PostgresServer.start({ version, settings }));
  }

  /** The URL of a schema that is not there yet, to be made by whoever opens it. */
  make(): string {
    return this.url(`case_${++this.#count}`);
  }

  /** By way of the Unix socket, where no password is asked. */
  url(schema: string): string {
    const { user, port, folder } = this.server;
    return `postgres://${user}@/postgres?host=${encodeURIComponent(folder)}&port=${port}&schema=${schema}`;
  }

  /** By TCP, where the password is asked; the ports are those of hosts to try in order. */
  byTcp(ports: readonly number[], schema = "kissbot", password = this.server.password): string {
    const places = ports.map((port) => `127.0.0.1:${port}`).join(",");
    return `postgres://${this.server.user}:${encodeURIComponent(password)}@${places}/postgres?schema=${schema}`;
  }

  /** A connection, gone with the server. */
  link(url: string, options: LinkOptions = {}): Link {
    const link = new Link(parsePostgresUrl(url), options);
    this.#links.push(link);
    return link;
  }

  /** Empties a schema, which is quicker than to make another one. */
  async empty(link: Link): Promise<void> {
    const { schema } = link.url;
    const rows = await link.rows<{ kind: string; name: string }>(
      `SELECT c.relkind AS kind, c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'S') AND NOT c.relispartition AND c.relname <> 'migrations'`,
      [schema],
    );
    const statements = rows.map(({ kind, name }) =>
      kind === "S" ? `ALTER SEQUENCE ${schema}.${name} RESTART` : `DELETE FROM ${schema}.${name}`,
    );
    await link.script(statements.join(";\n"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links) link.destroy();
    await this.server[Symbol.asyncDispose]();
  }
}
