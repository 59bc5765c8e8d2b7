import type { Origin } from "../config/given-value.js";
import { plainText } from "../quoted-text.js";

/** Where a place comes from, for people: `from --socket`, `the default`. */
export function originText({ kind, name }: Origin): string {
  if (kind === "default") return "the default";
  return kind === "state_file" ? `from the running monitor's state file ${name}` : `from ${name}`;
}

/**
 * Which place a command uses, and how it was found:
 * `Socket /run/kissbot/monitor.sock (from --socket)`.
 */
export function placeText(what: string, place: string, origin: Origin): string {
  return plainText(`${what} ${place} (${originText(origin)})`);
}

/** The same for programs. */
export function placeRecord(place: string | null, from: Origin) {
  return { place, from };
}
