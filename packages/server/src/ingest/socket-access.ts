import type { BigIntStats } from "node:fs";
import { nameOfGroup, nameOfUser } from "../account-file.js";

/**
 * Who may connect, for people: a connect needs the right to write to the socket's file (and to
 * reach it).
 */
export function describeAccess(stats: Pick<BigIntStats, "mode" | "uid" | "gid">): string {
  const mode = Number(stats.mode);
  const bits = `(mode ${(mode & 0o7777).toString(8).padStart(4, "0")})`;
  if ((mode & 0o002) !== 0) return `every user of this machine ${bits}`;
  const who: string[] = [];
  if ((mode & 0o200) !== 0) who.push(`owner ${nameOfUser(Number(stats.uid))}`);
  if ((mode & 0o020) !== 0) who.push(`group ${nameOfGroup(Number(stats.gid))}`);
  return `${who.length === 0 ? "root alone" : who.join(" and ")} ${bits}`;
}
