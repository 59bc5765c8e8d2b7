import { createRequire } from "node:module";
import { join } from "node:path";
import { PostgresServer } from "@kissbot/testkit";
import { root } from "../source-tree.js";

type Row = Record<string, unknown>;

/** What of the driver, a package of the store's, is used here. */
interface Client {
  on(event: "error" | "end", listener: () => void): unknown;
  connect(): Promise<void>;
  query(text: string): Promise<{ readonly rows: readonly Row[] }>;
  end(): Promise<void>;
}

const pg = createRequire(join(root, "packages/store/package.json"))("pg") as {
  readonly Client: new (options: Readonly<Record<string, string | number>>) => Client;
};
const database = "postgres";

/**
 * A PostgreSQL that several monitors share, and questions to it over a connection that is not the
 * store's. A question fails while the server is gone; the next one connects anew.
 */
export class FleetDatabase implements AsyncDisposable {
  readonly server: PostgresServer;
  #client: Client | null = null;

  private constructor(server: PostgresServer) {
    this.server = server;
  }

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<FleetDatabase> {
    return new FleetDatabase(
      await PostgresServer.start({ settings: { max_connections: "200", ...settings } }),
    );
  }

  /** For `--fleet`, by way of what listens on the port. */
  urlAt(port: number = this.server.port): string {
    return `postgres://${this.server.user}@127.0.0.1:${port}/${database}`;
  }

  async rows<Shape = Row>(sql: string): Promise<Shape[]> {
    const client = await this.#connected();
    return (await client.query(sql)).rows as Shape[];
  }

  /** The values of the one row, as numbers. */
  async numbers(sql: string): Promise<number[]> {
    const [row = {}] = await this.rows(sql);
    return Object.values(row).map(Number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client?.end().catch(() => undefined);
    await this.server[Symbol.asyncDispose]();
  }

  async #connected(): Promise<Client> {
    if (this.#client !== null) return this.#client;
    const { port, user, password } = this.server;
    const client = new pg.Client({ host: "127.0.0.1", port, user, password, database });
    const drop = () => {
      if (this.#client === client) this.#client = null;
    };
    client.on("error", drop);
    client.on("end", drop);
    await client.connect();
    this.#client = client;
    return client;
  }
}
