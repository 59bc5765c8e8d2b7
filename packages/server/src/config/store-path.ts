import { resolve } from "node:path";
import type { Surroundings } from "./setting.js";

/**
 * `memory:`, or the absolute path of a database file from a path or `sqlite:PATH`, so that it names
 * the same file wherever it is read; undefined for anything else. `~` is refused, as no shell has
 * expanded it. The store judges the rest.
 */
export function storeFrom(
  text: string,
  { workingDirectory }: Pick<Surroundings, "workingDirectory">,
): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase();
  const rest = scheme === undefined ? text : text.slice(scheme.length + 1);
  if (scheme === "memory") return rest === "" ? "memory:" : undefined;
  if (scheme !== undefined && scheme !== "sqlite") return undefined;
  const path = scheme === undefined ? rest : rest.replace(/^\/\/(?=\/)/, "");
  if (path === "" || path === ":memory:" || path.includes("\0") || path.startsWith("~")) return undefined;
  return resolve(workingDirectory, path);
}
