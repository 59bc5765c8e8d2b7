import { type LoadedSettings, loadSettings } from "../config/load-settings.js";
import type { CommandContext, Options } from "./command-context.js";
import { flagsFrom } from "./setting-option.js";

/** What a service is made of. */
export interface ServiceBeginning {
  readonly flags: ReturnType<typeof flagsFrom>;
  readonly resolved: LoadedSettings;
  /** Reads the settings again, as for a reload. */
  readonly readSettings: () => Promise<LoadedSettings>;
}

/**
 * Makes this process one that serves: it goes on without its terminal. Reads its settings. Null
 * where the config file says that it is not to run.
 */
export async function beginService(
  { terminal, environment }: CommandContext,
  options: Options,
): Promise<ServiceBeginning | null> {
  terminal.whenClosed = "go_on";
  const flags = flagsFrom(options);
  const readSettings = () => loadSettings(flags, environment, { serving: true });
  const resolved = await readSettings();
  for (const notice of resolved.notices) terminal.note(notice);
  if (resolved.enabled) return { flags, resolved, readSettings };
  terminal.note("Not started: the config file says enabled: false under monitoring:.");
  return null;
}
