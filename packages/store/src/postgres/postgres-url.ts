import { StoreError } from "../error.js";
import { readService } from "./service-file.js";

/** How far a server must prove who it is; the names and their meaning are libpq's. */
export const tlsModes = ["disable", "require", "verify-ca", "verify-full"] as const;
export type TlsMode = (typeof tlsModes)[number];

export interface PostgresHost {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
}

export interface PostgresUrl {
  /** Tried in order; the first that can be written to wins. */
  readonly hosts: readonly PostgresHost[];
  readonly user: string;
  readonly database: string;
  /** Null: from its file, the service, `PGPASSWORD` or the passfile. */
  readonly password: string | null;
  /** A file that holds nothing but the password; null: none. Read anew at each connect. */
  readonly passwordFile: string | null;
  /** The service of libpq that says what the URL does not; null: none. */
  readonly service: string | null;
  readonly schema: string;
  /** Null: `verify-full`, and `disable` on this machine. */
  readonly tlsMode: TlsMode | null;
  /** A file of certificates; null or `system`: those that Node trusts. */
  readonly rootCertificate: string | null;
}

const defaultPort = 5432;
const defaultSchema = "kissbot";
const parameters = [
  "host",
  "port",
  "user",
  "dbname",
  "sslmode",
  "sslrootcert",
  "schema",
  "passwordfile",
  "service",
] as const;
const noParameters: ReadonlyMap<string, string> = new Map();
/** An `@` elsewhere belongs to a password that is cut at the wrong place, and would be shown. */
const pattern = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^@?#]*))?(?:\?([^@#]*))?$/i;

/**
 * `postgres://user@host1:5432,host2/database?sslmode=…&sslrootcert=…&schema=…`, as libpq reads it; `passwordfile=PATH` is ours. `@`, `/`, `?`, `#` and `:` of a user or password are written as `%40`
 * and so on. What it leaves out is that of `service=NAME` or `PGSERVICE`, in the service file.
 *
 * Throws `invalid_option` with what is wrong; the message never holds the password. `env`: where
 * `PGUSER`, `PGDATABASE`, `PGSSLMODE`, `PGSSLROOTCERT` and `PGSERVICE` are looked up.
 */
export function parsePostgresUrl(url: string, env: NodeJS.ProcessEnv = process.env): PostgresUrl {
  const found = pattern.exec(url);
  if (found === null) {
    throw bad(
      "expected postgres://user@host:port/database; in a password @ is %40, / is %2F, # is %23, ? is %3F",
    );
  }
  const [, login = "", places = "", path = "", query = ""] = found;
  const given = parametersOf(query);
  const [name = "", ...secret] = login.split(":");
  const service = given.get("service") || env["PGSERVICE"] || null;
  const preset = service === null ? noParameters : readService(service, env).parameters;
  const user = given.get("user") ?? (decoded(name) || preset.get("user") || env["PGUSER"] || "");
  if (user === "") throw bad("it names no user: postgres://USER@host/database");
  const database =
    given.get("dbname") ?? (decoded(path) || preset.get("dbname") || env["PGDATABASE"] || user);
  const schema = given.get("schema") ?? defaultSchema;
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) {
    throw bad("schema: expected a name of small letters, digits and _ that does not begin with a digit");
  }
  return {
    hosts: hostsOf(
      given.get("host") ?? (decoded(places) || preset.get("host") || preset.get("hostaddr") || ""),
      given.get("port") ?? preset.get("port"),
    ),
    user,
    database,
    password: secret.length === 0 ? null : decoded(secret.join(":")),
    passwordFile: given.get("passwordfile") ?? null,
    service,
    schema,
    tlsMode: tlsModeOf(given.get("sslmode") ?? preset.get("sslmode") ?? env["PGSSLMODE"]),
    rootCertificate: given.get("sslrootcert") ?? preset.get("sslrootcert") ?? env["PGSSLROOTCERT"] ?? null,
  };
}

/** The one form in which a URL is shown: without password and parameters. */
export function shownUrl({ hosts, user, database }: PostgresUrl): string {
  const places = hosts.map(({ host, port }) => {
    const name = host.includes(":") ? `[${host}]` : host;
    return port === defaultPort ? name : `${name}:${port}`;
  });
  return `postgres://${user}@${places.join(",")}/${database}`;
}

/** Whether a host is this machine, so that nothing on the way can read or change what is sent. */
export function isLocal(host: string): boolean {
  return (
    host.startsWith("/") || host === "localhost" || host === "::1" || /^127\.(?:\d+\.){2}\d+$/.test(host)
  );
}

function parametersOf(query: string): Map<string, string> {
  const given = new Map<string, string>();
  for (const part of query === "" ? [] : query.split("&")) {
    const [name = "", ...value] = part.split("=");
    if (!(parameters as readonly string[]).includes(name)) {
      throw bad(`there is no parameter ${name}; there are ${parameters.join(", ")}`);
    }
    given.set(name, decoded(value.join("=")));
  }
  return given;
}

function hostsOf(text: string, ports: string | undefined): PostgresHost[] {
  const names = (text === "" ? "localhost" : text).split(",");
  const numbers = ports?.split(",") ?? [];
  return names.map((one, i) => {
    const isFolder = one.startsWith("/");
    const [, bracketed, plain, own] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d*))?$/.exec(isFolder ? "" : one) ?? [];
    const host = isFolder ? one : (bracketed ?? plain ?? "");
    if (host === "") throw bad(`${JSON.stringify(one.replace(/:.*/, ":…"))} is no host`);
    const port = Number((own === "" ? undefined : own) ?? numbers[i] ?? numbers[0] ?? defaultPort);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) throw bad("port: expected 1 to 65535");
    return { host, port };
  });
}

function tlsModeOf(text: string | undefined): TlsMode | null {
  if (text === undefined || text === "") return null;
  const mode = tlsModes.find((one) => one === text);
  if (mode !== undefined) return mode;
  const why = text === "prefer" || text === "allow" ? `${text} may go on in plain text` : `${text} is none`;
  throw bad(`sslmode: expected ${tlsModes.join(", ")}; ${why}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad("a % is followed by no two hexadecimal digits");
  }
}

function bad(what: string): StoreError {
  return new StoreError("invalid_option", `the URL of the PostgreSQL database: ${what}`);
}
