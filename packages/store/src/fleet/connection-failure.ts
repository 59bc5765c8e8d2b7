import { StoreError } from "../error.js";
import { tlsRefused } from "../postgres/link.js";
import { sqlStateOf } from "../postgres/sql-state.js";

/** What of a fleet database is wrong when no connection comes about, and what to do about it. */
export interface ConnectionFailure {
  readonly check: "driver" | "reach" | "tls" | "password" | "database" | "connections" | "writable";
  readonly advice: string;
}

const passwordAdvice =
  "set PGPASSWORD, or write a line host:port:database:user:password into ~/.pgpass (chmod 600)";
const authorityAdvice =
  "add sslrootcert=FILE to the URL, with the certificate of the authority that signed the server's";

const byCode: Readonly<Record<string, ConnectionFailure>> = {
  ENOTFOUND: { check: "reach", advice: "check the name of the host in the URL" },
  EAI_AGAIN: { check: "reach", advice: "check the name of the host in the URL, and this machine's DNS" },
  ECONNREFUSED: {
    check: "reach",
    advice: "check host and port in the URL, and that PostgreSQL listens there (listen_addresses)",
  },
  ENOENT: { check: "reach", advice: "check the folder of the Unix socket in the URL, and the port" },
  "28P01": { check: "password", advice: passwordAdvice },
  "28000": { check: "password", advice: "check the user in the URL, and the server's pg_hba.conf" },
  "3D000": { check: "database", advice: "check the name of the database in the URL, or create it" },
  "53300": {
    check: "connections",
    advice: "raise max_connections or the limit of the role, or put a pooler between",
  },
  "25006": {
    check: "writable",
    advice: "name the primary in the URL, or all hosts: postgres://user@first,second/database",
  },
  "57P03": { check: "reach", advice: "the server is starting or stopping; try again" },
  CERT_HAS_EXPIRED: { check: "tls", advice: "renew the certificate of the server" },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    check: "tls",
    advice: "use a host name that the certificate has; sslmode=verify-ca does not compare names",
  },
};

/** By the error of a connection or of its first statement. */
export function connectionFailureOf(error: unknown): ConnectionFailure {
  const { code = "", message = "" } = (error ?? {}) as { code?: unknown; message?: string };
  if (error instanceof StoreError && error.code === "reserved_scheme")
    return { check: "driver", advice: "npm install pg, where kissbot-monitor is installed" };
  if (error instanceof StoreError) return { check: "tls", advice: "check sslrootcert in the URL" };
  const known = byCode[sqlStateOf(error) ?? String(code)];
  if (known !== undefined) return known;
  if (/^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(String(code)))
    return { check: "tls", advice: authorityAdvice };
  if (code === tlsRefused || message.includes("SSL")) {
    return { check: "tls", advice: "turn on ssl in the server, or name another sslmode in the URL" };
  }
  // Without a password the driver gives up by itself.
  if (message.includes("SASL") || message.includes("password"))
    return { check: "password", advice: passwordAdvice };
  return { check: "reach", advice: "check host and port in the URL, and the firewalls between" };
}
