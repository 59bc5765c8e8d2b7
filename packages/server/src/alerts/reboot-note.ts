import type { AlertRecords } from "./alert-records.js";
import type { Moment } from "./moment.js";

const bootFact = "boot_id";
const rebootFact = "reboot_noticed";
/** For how long a reboot of the machine is remembered over restarts of the monitor. */
const rememberedMs = 3_600_000;

interface BootRecord {
  /** Which boot of the machine this is; null where nobody says. */
  readonly bootId: string | null;
  readonly records: Pick<AlertRecords, "fact">;
}

/**
 * When a reboot of the machine was noticed, by these facts of the last run or now; null where there
 * was none within the last hour.
 */
export function noticeReboot(
  facts: ReadonlyMap<string, string>,
  { bootId, records }: BootRecord,
  now: Moment,
): Moment | null {
  if (bootId === null) return null;
  const known = facts.get(bootFact);
  if (known === bootId) return noticedBefore(facts.get(rebootFact), bootId, now);
  records.fact(bootFact, bootId);
  if (known === undefined) return null;
  records.fact(rebootFact, rebootText(bootId, now));
  return now;
}

/** Writes it all into a fresh database. */
export function recordBoot(rebooted: Moment | null, { bootId, records }: BootRecord): void {
  if (bootId === null) return;
  records.fact(bootFact, bootId);
  if (rebooted !== null) records.fact(rebootFact, rebootText(bootId, rebooted));
}

function rebootText(bootId: string, { wallMs }: Moment): string {
  return `${bootId} ${Math.round(wallMs)}`;
}

function noticedBefore(text: string | undefined, bootId: string, now: Moment): Moment | null {
  const [, known, noticed] = /^(.*) (\d+)$/.exec(text ?? "") ?? [];
  if (known !== bootId) return null;
  // Where the clock was set back since then, it is as if it were noticed now.
  const ageMs = Math.max(0, now.wallMs - Number(noticed));
  return ageMs > rememberedMs ? null : { wallMs: now.wallMs - ageMs, clockMs: now.clockMs - ageMs };
}
