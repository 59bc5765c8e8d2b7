import type { Settings } from "../../config/settings.js";
import { revealedUrl } from "../fleet-address.js";
import type { Finding } from "./finding.js";

/** What `hosts check` finds; nothing where no fleet database is set. */
export async function checkFleet({ fleet }: Pick<Settings, "fleet">): Promise<Finding[]> {
  if (fleet === null) return [];
  const { checkFleetDatabase } = await import("@kissbot/store/fleet");
  const findings = await checkFleetDatabase(await revealedUrl(fleet));
  return findings.map(({ level, found, advice }) => ({ check: "fleet database", level, found, advice }));
}
