import type { FleetFinding } from "@kissbot/store/fleet";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { findingLine } from "./finding-line.js";
import { fleetUrlOf, onFleet } from "./fleet-address.js";

/** Says what is wrong with the fleet database, and what to do about it. Changes nothing. */
export async function runHostsCheck(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  const url = await fleetUrlOf(context, options);
  const { checkFleetDatabase } = await import("@kissbot/store/fleet");
  const checks = await onFleet(() => checkFleetDatabase(url));
  const count = (level: FleetFinding["level"]) => checks.filter((one) => one.level === level).length;
  const counts = { ok: count("ok"), warn: count("warn"), fail: count("fail") };
  if (options["json"] === true) terminal.printJson({ ok: counts.fail === 0, counts, checks });
  else {
    for (const finding of checks) terminal.print(findingLine(finding, terminal));
    terminal.print(`\n${counts.ok} ok, ${counts.warn} to look at, ${counts.fail} wrong`);
  }
  return counts.fail === 0 ? exitCodes.ok : exitCodes.problem;
}
