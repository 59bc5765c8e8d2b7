import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { StoreError } from "../error.js";
import type { PostgresHost, PostgresUrl } from "./postgres-url.js";
import { servicePassword } from "./service-file.js";

/**
 * The password for a host, looked up anew at each connect, so that it may rotate: that of the URL,
 * then its file, then its service's, then `PGPASSWORD`, then the passfile (`PGPASSFILE`,
 * `~/.pgpass`). Null where there is none. `warn` hears why a passfile is not read. Throws
 * `invalid_option` where the URL names a file that cannot be read.
 */
export async function passwordFor(
  url: PostgresUrl,
  host: PostgresHost,
  warn: (sentence: string) => void = () => undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | null> {
  if (url.password !== null) return url.password;
  if (url.passwordFile !== null) return await readPassword(url.passwordFile);
  const ofService = url.service === null ? null : servicePassword(url.service, warn, env);
  if (ofService !== null) return ofService;
  if (env["PGPASSWORD"] !== undefined) return env["PGPASSWORD"];
  const path = env["PGPASSFILE"] ?? join(homedir(), ".pgpass");
  const text = await readPassfile(path, warn);
  return text === null ? null : passwordIn(text, url, host);
}

/** Whoever named the file wants its password and no other. */
async function readPassword(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new StoreError(
      "invalid_option",
      `the file with the password cannot be read (${cause.code}): ${path}`,
      {
        cause,
      },
    );
  });
  return text.replace(/\r?\n$/, "");
}

/** Others who may read it know the password: like libpq, it is not read then. */
async function readPassfile(path: string, warn: (sentence: string) => void): Promise<string | null> {
  try {
    const { mode } = await stat(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      warn(`${path} is not read, as others may read it: chmod 600 ${path}`);
      return null;
    }
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") warn(`${path} cannot be read (${code})`);
    return null;
  }
}

/** The first line `host:port:database:user:password` that fits; `*` fits all, `\` quotes. */
export function passwordIn(
  text: string,
  { database, user }: PostgresUrl,
  place: PostgresHost,
): string | null {
  const host = place.host.startsWith("/") ? "localhost" : place.host;
  const wanted = [host, `${place.port}`, database, user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    const fields = fieldsOf(line);
    if (fields.length < 5) continue;
    const fits = wanted.every((one, i) => fields[i] === "*" || plain(fields[i] as string) === one);
    if (fits) return plain(fields.slice(4).join(":"));
  }
  return null;
}

/** Cut at colons that no backslash quotes. */
function fieldsOf(line: string): string[] {
  return line.match(/(?:[^:\\]|\\.?)+|(?<=:|^)(?=:|$)/g) ?? [];
}

function plain(field: string): string {
  return field.replace(/\\(.)/g, "$1");
}
