import { resolveSettings } from "./resolve-settings.js";
import type { Settings } from "./settings.js";

/** What `kissbot-monitor start` runs with when nothing is set, whatever the environment says. */
export function defaultSettings(): Settings {
  return resolveSettings({}, {}, null, { serving: true }).settings;
}
