import { encodeWhole, type Message, type Refusal } from "@kissbot/protocol";
import { callerOr } from "./complaint.js";
import { type Diagnostics, messageOf } from "./diagnostics.js";
import type { Load, ProcessLoad } from "./process-load.js";
import { type MeasuredLoad, ownOf, plain } from "./report.js";

/**
 * A registration, heartbeat or goodbye as a line. An optional field that is not valid is taken out
 * of the message, with a complaint: that the bot lives must get through. The message has each field
 * of its type, if only as undefined. Refused where the features or a required field are not valid.
 */
export function encodeSignOfLife(message: object, diagnostics: Diagnostics): string | Refusal {
  const fields = message as Record<string, unknown>;
  for (;;) {
    const line = encodeWhole(fields as unknown as Message);
    if (typeof line === "string") return line;
    const { field } = line;
    if (field === "features" || fields[field] === undefined) return line;
    leftOut(`${fields["type"]}`, line, diagnostics);
    fields[field] = undefined;
  }
}

function leftOut(method: string, refusal: Refusal, { complain }: Diagnostics): void {
  const caller = callerOr(method);
  const kind = `${caller} without ${refusal.field}`;
  complain("KISSBOT_INVALID_ARGUMENT", kind, {}, `${caller}: ${messageOf(refusal)}; left out`);
}

/**
 * What the bot measured, and what it did not measure as this process sees it, if `own` is given.
 * Never throws.
 */
export function loadOf(
  measured: MeasuredLoad | null | undefined,
  own: ProcessLoad | undefined,
  diagnostics: Diagnostics,
): Load | undefined {
  if (measured == null) return own?.measure();
  let rssMb: number | undefined;
  let cpuPct: number | undefined;
  try {
    const isJunk = "rssMb" in plain || "cpuPct" in plain;
    const told = ownOf(measured, isJunk);
    const [toldMb, toldPct] = [told.rssMb, told.cpuPct];
    const seen = toldMb == null || toldPct == null ? own?.measure() : undefined;
    rssMb = toldMb ?? seen?.rssMb;
    cpuPct = toldPct ?? seen?.cpuPct;
  } catch (cause) {
    leftOut("heartbeat", { field: "message", value: measured, cause }, diagnostics);
  }
  return { rssMb, cpuPct };
}
