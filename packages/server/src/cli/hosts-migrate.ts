import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { fleetUrlOf, onFleet } from "./fleet-address.js";
import { amountOf } from "./quantity-text.js";

/** Makes or updates the tables of the fleet database, and the partitions of the days to come. */
export async function runHostsMigrate(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  const url = await fleetUrlOf(context, options);
  const { FleetDatabase } = await import("@kissbot/store/fleet");
  const { versions, partitions } = await onFleet(async () => {
    const database = new FleetDatabase(url);
    try {
      return await database.migrate();
    } finally {
      database.close();
    }
  });
  if (options["json"] === true) terminal.printJson({ migrated: versions, partitions });
  else {
    const done =
      versions.length === 0 ? "The tables were up to date" : `Migrated to version ${versions.at(-1)}`;
    terminal.print(`${done}; ${amountOf(partitions.length, "new partition")}.`);
  }
  return exitCodes.ok;
}
