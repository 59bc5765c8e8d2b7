import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { fleetUrlOf, onFleet } from "./fleet-address.js";

/** Prints the SQL of the roles of the fleet database, for psql. */
export async function runHostsRoles(context: CommandContext, options: Options): Promise<ExitCode> {
  const url = await fleetUrlOf(context, options);
  const { fleetRolesSql } = await import("@kissbot/store/fleet");
  context.terminal.print((await onFleet(async () => fleetRolesSql(url))).trimEnd());
  return exitCodes.ok;
}
