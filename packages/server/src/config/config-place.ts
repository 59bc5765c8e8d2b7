import { lstatSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { Environment } from "./given-value.js";

const name = join("kissbot", "monitor.yaml");

/**
 * Where a config file is looked for that nobody named: the machine's first, then the user's. A
 * relative `XDG_CONFIG_HOME` counts as not set, as its specification says.
 */
export function configPlaces({ XDG_CONFIG_HOME: own = "", HOME: home = "" }: Environment): readonly string[] {
  const machine = join("/etc", name);
  if (isAbsolute(own)) return [machine, join(own, name)];
  return isAbsolute(home) ? [machine, join(home, ".config", name)] : [machine];
}

/**
 * The first that exists. A link that leads nowhere exists: reading it says so. A folder that this
 * user may not enter is another's, such as root's home in a shell that changed the user alone.
 */
export function firstExisting(paths: readonly string[]): string | undefined {
  return paths.find((path) => {
    try {
      lstatSync(path);
      return true;
    } catch {
      return false;
    }
  });
}
