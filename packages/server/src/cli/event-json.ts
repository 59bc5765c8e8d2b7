import { safeJson } from "../quoted-text.js";
import type { EventRow } from "./event-row.js";

/** An event as `--json` has it: as the API, and how long the bot was down where it ends that. */
export function eventJson(event: EventRow, downMs: number | null): EventRow & { down_ms: number | null } {
  return { ...event, down_ms: downMs };
}

/** One event in one line. */
export function eventJsonLine(event: EventRow, downMs: number | null): string {
  return safeJson(JSON.stringify(eventJson(event, downMs)));
}
