// For a user with the right to run this checkout but not to write it.
import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import process from "node:process";
import { root } from "./pnpm.mjs";

/**
 * The first of the folders that an installation and a build write and this user may not, or
 * undefined.
 */
export function folderNotWritable() {
  const folders = [root, join(root, "node_modules"), join(root, "packages", "server", "dist")];
  return folders.find((folder) => existsSync(folder) && !isWritable(folder));
}

/**
 * The database stands in the working directory if nothing else is said, which is this folder under
 * npm. A user who may not write it gets one of their own: the variable for it, or none where one
 * was chosen.
 */
export function ownDatabase(flags) {
  const { HOME, KISSBOT_MONITOR_CONFIG, KISSBOT_MONITOR_STORE, XDG_CONFIG_HOME, XDG_STATE_HOME } =
    process.env;
  const isChosen =
    KISSBOT_MONITOR_STORE !== undefined ||
    KISSBOT_MONITOR_CONFIG !== undefined ||
    flags.some((flag) => /^--(?:store|config|help)(?:=|$)|^-h$/.test(flag)) ||
    ["/etc", XDG_CONFIG_HOME ?? join(HOME ?? homedir(), ".config")].some((folder) =>
      existsSync(join(folder, "kissbot", "monitor.yaml")),
    );
  if (isChosen || isWritable(process.cwd())) return {};
  const state =
    XDG_STATE_HOME !== undefined && isAbsolute(XDG_STATE_HOME)
      ? XDG_STATE_HOME
      : join(HOME ?? homedir(), ".local", "state");
  const folder = join(state, "kissbot");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    console.error(
      `This user may write neither this folder nor ${folder} (${error.code}): say where the database is to be with --store PATH.`,
    );
    process.exit(1);
  }
  const file = join(folder, "kissbot_monitor.db");
  console.error(`This user may not write this folder, so the database is ${file}.`);
  return { KISSBOT_MONITOR_STORE: file };
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
