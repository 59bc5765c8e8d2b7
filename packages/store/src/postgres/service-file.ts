import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { StoreError } from "../error.js";

/** What a service of libpq says of a database, by libpq's names. */
export interface PostgresService {
  readonly name: string;
  /** The file that has it. */
  readonly path: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * The service of this name: `[name]` in the file of `PGSERVICEFILE`, else `~/.pg_service.conf`,
 * else `pg_service.conf` in the folder of `PGSYSCONFDIR`. The file is read anew each time.
 *
 * Throws `invalid_option` where there is none, and where a line of it is none; the message holds no
 * value.
 */
export function readService(name: string, env: NodeJS.ProcessEnv = process.env): PostgresService {
  const own = env["PGSERVICEFILE"] ?? join(env["HOME"] ?? homedir(), ".pg_service.conf");
  const system = env["PGSYSCONFDIR"];
  const paths = [own, ...(system === undefined ? [] : [join(system, "pg_service.conf")])];
  for (const path of paths) {
    const text = textOf(path, path === env["PGSERVICEFILE"]);
    const parameters = text === null ? null : parametersIn(text, name, path);
    if (parameters !== null) return { name, path, parameters };
  }
  throw bad(`there is no service ${name} in ${paths.join(" or ")}`);
}

/** Its password; null where it has none, or where others may read the file. */
export function servicePassword(
  name: string,
  warn: (sentence: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): string | null {
  const { path, parameters } = readService(name, env);
  const password = parameters.get("password") ?? null;
  if (password !== null && process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0) {
    warn(`the password in ${path} is not read, as others may read it: chmod 600 ${path}`);
    return null;
  }
  return password;
}

/** Null where the file is not there and nobody named it. */
function textOf(path: string, isNamed: boolean): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" && !isNamed) return null;
    throw bad(`the service file cannot be read (${code}): ${path}`, cause);
  }
}

/** Null where it has no such service. Of a name that stands twice the first counts, as in libpq. */
function parametersIn(text: string, name: string, path: string): ReadonlyMap<string, string> | null {
  let parameters: Map<string, string> | null = null;
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim();
    if (words === "" || words.startsWith("#")) continue;
    if (words.startsWith("[")) {
      if (parameters !== null) break;
      if (words === `[${name}]`) parameters = new Map();
      continue;
    }
    if (parameters === null) continue;
    const at = words.indexOf("=");
    if (at < 1) throw bad(`line ${i + 1} of ${path} is no NAME=VALUE`);
    const key = words.slice(0, at).trim();
    if (!parameters.has(key)) parameters.set(key, words.slice(at + 1).trim());
  }
  return parameters;
}

function bad(what: string, cause?: unknown): StoreError {
  return new StoreError("invalid_option", `the URL of the PostgreSQL database: ${what}`, { cause });
}
