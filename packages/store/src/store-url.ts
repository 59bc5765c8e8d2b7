import { lstatSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { StoreError } from "./error.js";

/**
 * What a store's URL names. A SQLite path is absolute: a thread must not depend on a later `chdir`.
 */
export type StoreUrl =
  | { readonly scheme: "memory" }
  | { readonly scheme: "sqlite"; readonly path: string }
  | { readonly scheme: "postgres"; readonly url: string };

/**
 * `memory:`, `sqlite:PATH`, `postgres:…`, or a bare path. A scheme has at least two letters before
 * its colon, so `C:\monitor.db` is a path; what holds a slash before its first colon is one too.
 * Throws `unknown_scheme`, naming what there is.
 */
export function parseStoreUrl(url: string): StoreUrl {
  if (typeof url !== "string" || url === "") {
    throw new StoreError(
      "unknown_scheme",
      `expected a path, sqlite:PATH or memory:, not ${JSON.stringify(url)}`,
    );
  }
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) return { scheme: "sqlite", path: pathOf(url, url) };
  const rest = url.slice(scheme.length + 1);
  switch (scheme) {
    case "memory":
      if (rest !== "")
        throw new StoreError("unknown_scheme", `memory: takes no path; got ${JSON.stringify(url)}`);
      return { scheme: "memory" };
    case "sqlite":
      return { scheme: "sqlite", path: pathOf(rest.replace(/^\/\/(?=\/)/, ""), url) };
    case "postgres":
    case "postgresql":
      return { scheme: "postgres", url };
    default:
      throw new StoreError(
        "unknown_scheme",
        `unknown scheme ${scheme}: in ${JSON.stringify(url)}; known are sqlite:PATH, a bare path, postgres://HOST/DATABASE, and memory:`,
      );
  }
}

/**
 * A NUL would cut the name short in the system's calls; an empty name and `:memory:` would be
 * databases without a file.
 */
function pathOf(path: string, url: string): string {
  if (path === "" || path.includes("\0") || path === ":memory:") {
    throw new StoreError(
      "unknown_scheme",
      `no file is named by ${JSON.stringify(url)}; memory: is the store without one`,
    );
  }
  return behindLink(resolve(path));
}

/**
 * The file itself where its name is a link: SQLite puts its log beside the file, and there it has
 * to be looked for.
 */
function behindLink(path: string): string {
  try {
    if (lstatSync(path).isSymbolicLink()) return realpathSync(path);
  } catch {
    // There is none yet, or it leads nowhere: opening it says so.
  }
  return path;
}
