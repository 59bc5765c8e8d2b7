import { type FleetAddress, holdsPassword } from "../config/fleet-address.js";
import { UsageError } from "../config/usage-error.js";
import type { CommandContext, Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { settingsOf } from "./command-settings.js";

/** The settings whose flags say where the fleet database is. */
export const fleetSettings = ["fleet", "fleetPasswordFile"] as const;

/**
 * The URL of the fleet database, as the store takes it: that of `--fleet`, the environment or the
 * config file. It may hold a password, so it is never shown. Rejects with a `UsageError` where
 * there is none, and where a command line shows its password.
 */
export async function fleetUrlOf(context: CommandContext, options: Options): Promise<string> {
  const given = options["fleet"];
  if (typeof given === "string" && holdsPassword(given)) {
    throw new UsageError([
      "--fleet: every user of this machine can read a password on a command line (ps): give it by --fleet-password-file, PGPASSFILE or PGPASSWORD",
    ]);
  }
  const { fleet } = await settingsOf(context, options, []);
  if (fleet === null) {
    throw new UsageError([
      "no fleet database is set: give --fleet postgres://USER@HOST/DATABASE, KISSBOT_MONITOR_FLEET, or fleet: in the config file",
    ]);
  }
  return await revealedUrl(fleet);
}

/** As the store takes it. It may hold a password, so it is never shown. */
export function revealedUrl({ url }: FleetAddress): Promise<string> {
  return url.reveal();
}

/**
 * Runs `work` on the fleet database; what the store says of its failure is told without a stack.
 */
export async function onFleet<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  const { StoreError } = await import("@kissbot/store");
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === "invalid_option") throw new UsageError([error.message]);
    throw new CommandError(`${error.message}\nkissbot-monitor hosts check says what to do.`);
  }
}
