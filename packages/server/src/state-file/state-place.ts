import { lstatSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import process from "node:process";

/**
 * One place for state files. Several monitors have a file each there: `monitor.json`,
 * `monitor-2.json`, …
 */
export interface StatePlace {
  readonly path: string;
  /**
   * `service`: a folder that root makes; `user`: one of the user's own, made if need be; `public`:
   * one that everybody may write; `named`: somebody named the file, and there is one alone.
   */
  readonly kind: "service" | "user" | "public" | "named";
}

/** How many monitors of one place leave a file. */
const mostMonitors = 8;
const serviceFolder = "/run/kissbot";

/**
 * The places of a user's environment, the first one first. A relative `XDG_RUNTIME_DIR` counts as
 * not set, as its specification says.
 */
export function statePlaces(
  { XDG_RUNTIME_DIR: runtime = "" }: Readonly<Record<string, string | undefined>>,
  uid = process.geteuid?.(),
): readonly StatePlace[] {
  if (uid === undefined) return [{ path: join(tmpdir(), "kissbot_monitor.json"), kind: "public" }];
  return [
    { path: join(serviceFolder, "monitor.json"), kind: "service" },
    ...(isAbsolute(runtime)
      ? [{ path: join(runtime, "kissbot", "monitor.json"), kind: "user" as const }]
      : []),
    { path: `/tmp/kissbot_monitor-${uid}.json`, kind: "public" },
  ];
}

/**
 * The place that `--state-file` or its variable names: the usual ones for `auto`, none for `off`.
 */
export function placesNamed(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly StatePlace[] {
  if (/^auto$/i.test(text)) return statePlaces(environment);
  return /^off$/i.test(text) ? [] : [{ path: resolve(text), kind: "named" }];
}

/** Its files, in the order in which monitors take them and commands look at them. */
export function pathsOf({ path, kind }: StatePlace): readonly string[] {
  if (kind === "named") return [path];
  const beginning = path.replace(/\.json$/, "");
  return [path, ...Array.from({ length: mostMonitors - 1 }, (_, i) => `${beginning}-${i + 2}.json`)];
}

/**
 * The user whom root has given the folder of the service to: then what this user writes there
 * counts as much as what root does. Null where the folder is not one that only root can have made.
 */
export function ownerOfService({ path, kind }: StatePlace): number | null {
  if (kind !== "service") return null;
  try {
    const folder = dirname(path);
    const [own, above] = [lstatSync(folder), lstatSync(dirname(folder))];
    const isClosed = above.isDirectory() && above.uid === 0 && (above.mode & 0o022) === 0;
    return own.isDirectory() && isClosed && (own.mode & 0o002) === 0 ? own.uid : null;
  } catch {
    // There is no such folder.
    return null;
  }
}
