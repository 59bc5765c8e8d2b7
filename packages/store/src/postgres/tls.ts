import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import { StoreError } from "../error.js";
import { isLocal, type PostgresHost, type PostgresUrl } from "./postgres-url.js";

/** Null: plain text. Beyond this machine that is only where the URL says so. */
export async function tlsFor(
  { tlsMode, rootCertificate }: PostgresUrl,
  { host }: PostgresHost,
): Promise<ConnectionOptions | null> {
  const mode = tlsMode ?? (isLocal(host) ? "disable" : "verify-full");
  if (mode === "disable" || host.startsWith("/")) return null;
  const file = rootCertificate === null || rootCertificate === "system" ? null : rootCertificate;
  // As in libpq: with a file of certificates, `require` checks who signed.
  if (mode === "require" && file === null) return { rejectUnauthorized: false };
  const ca = file === null ? {} : { ca: await rootCertificates(file) };
  if (mode === "verify-full") return { rejectUnauthorized: true, ...ca };
  return { rejectUnauthorized: true, checkServerIdentity: () => undefined, ...ca };
}

async function rootCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new StoreError("invalid_option", `sslrootcert: ${path} cannot be read`, { cause });
  }
}
