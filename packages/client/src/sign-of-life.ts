import { encode, type Message } from "@kissbot/protocol";
import type { Diagnostics } from "./diagnostics.js";
import { messageOfError } from "./errno.js";
import type { ProcessLoad } from "./process-load.js";
import type { MeasuredLoad } from "./report.js";

/**
 * A registration, heartbeat or goodbye as a line. An optional field that is not valid is taken out of the message, with a
 * diagnostic: that the bot lives must get through. Throws as `encode` does where the features or a required field are not valid.
 */
export function encodeSignOfLife(message: object, diagnostics: Diagnostics): string {
  const fields = message as Record<string, unknown>;
  for (;;) {
    try {
      return encode(fields as unknown as Message);
    } catch (error) {
      const text = messageOfError(error);
      const [field = ""] = text.split(":");
      if (field === "features" || fields[field] === undefined) throw error;
      fields[field] = undefined;
      diagnostics.complain(`left out of ${fields["type"]}: ${text}`);
    }
  }
}

/** What the bot measured, and what it did not measure as this process sees it, if `own` is given. Never throws. */
export function loadFields(
  measured: MeasuredLoad,
  own: ProcessLoad | undefined,
  diagnostics: Diagnostics,
): { rss_mb: number | undefined; cpu_pct: number | undefined } {
  let rss_mb: number | undefined;
  let cpu_pct: number | undefined;
  try {
    const { rssMb, cpuPct } = measured ?? {};
    const seen = rssMb == null || cpuPct == null ? own?.measure() : undefined;
    rss_mb = rssMb ?? seen?.rssMb;
    cpu_pct = cpuPct ?? seen?.cpuPct;
  } catch (error) {
    diagnostics.complain(`left out of heartbeat: ${messageOfError(error)}`);
  }
  return { rss_mb, cpu_pct };
}
