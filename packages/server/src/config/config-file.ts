import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import process from "node:process";
import { fileContents } from "./resolve-settings.js";
import type { FileReaders, SettingsFile } from "./settings-file.js";

/** A config file, and why it is the one. */
export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  /** As it was given, for messages. */
  readonly given: string;
  /** `--config`, the name of its variable, or null where it was found in one of its places. */
  readonly namedBy: string | null;
}

const mostBytes = 4 * 1_048_576;

/**
 * What stands in a config file, or in a few words why it cannot be read. YAML is loaded where there
 * is some: most commands have no file.
 */
export async function readConfigFile({
  path,
  given,
}: Pick<ConfigFile, "path" | "given">): Promise<SettingsFile | string> {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) return "it is a folder";
    if (stats.isCharacterDevice() || stats.isBlockDevice()) return "it is a device";
    if (stats.size > mostBytes) return `it has more than ${mostBytes} bytes`;
    const mode = process.platform !== "win32" && stats.isFile() ? stats.mode : 0;
    const readers: FileReaders = (mode & 0o004) !== 0 ? "everybody" : (mode & 0o040) !== 0 ? "group" : "none";
    const text = readFileSync(descriptor, "utf8");
    const { parseSettingsFile } = await import("./settings-file.js");
    return { ...parseSettingsFile(given, text, fileContents, readers), path };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return "there is no such file";
    if (code === "EACCES") return "this user may not read it";
    if (code === undefined) throw error;
    return message;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
