import type { Settings } from "../config/settings.js";
import { ApiClient, ApiUnusable } from "./api-client.js";
import { CommandError } from "./command-error.js";
import type { FleetSource, SourceNote } from "./fleet-answer.js";
import { MonitorSource } from "./monitor-source.js";
import { spanSince } from "./quantity-text.js";
import { openStoreSource } from "./store-source.js";

export type { SourceNote, UsageQuestion } from "./fleet-answer.js";

type SourceSettings = Pick<Settings, "http" | "httpToken" | "store">;

/** The running monitor where one answers, else its database, read only. */
export async function openFleetSource(settings: SourceSettings): Promise<FleetSource> {
  const { http, httpToken, store } = settings;
  if (http === null) return await openStoreSource(store, "HTTP is off");
  const client = new ApiClient(http, httpToken);
  try {
    const health = await client.json("/healthz");
    if (typeof health["status"] !== "string") {
      throw new ApiUnusable("stranger", `what answers at ${client.url} is no KissBot monitor`);
    }
    return new MonitorSource(client);
  } catch (error) {
    if (!(error instanceof ApiUnusable)) throw error;
    if (error.kind === "refused") throw new CommandError(error.message);
    return await openStoreSource(store, error.message);
  }
}

/** Said on stderr where the answer may be old. */
export function ageText(note: SourceNote, nowMs: number): string | null {
  if (note.kind === "monitor") return null;
  const age =
    note.newest === null ? "it is empty" : `its newest entry is ${spanSince(note.newest, nowMs)} old`;
  return `${note.because}. Read from ${note.url} instead; ${age}.`;
}
