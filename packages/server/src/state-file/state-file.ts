import { isAbsolute } from "node:path";

/**
 * What a running monitor says of itself to the commands of this machine. Nothing in it is a secret.
 */
export interface StateFile {
  /** What people call the monitor. */
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  /** Which process of that pid it is (`processStart`); null where the system does not tell. */
  readonly processStart: string | null;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Absolute; on Windows a pipe's name. */
  readonly socket: string;
  /** The absolute path of the database, or `memory:`. */
  readonly store: string;
  /** `http://127.0.0.1:7788`; null: no HTTP. */
  readonly http: string | null;
  /** The absolute path of the config file that it read; null: none. */
  readonly configFile: string | null;
  /** The folder that its relative paths begin in. */
  readonly workingDirectory: string;
}

const format = 1;

export function stateFileText(state: StateFile): string {
  const record = {
    format,
    name: state.name,
    version: state.version,
    pid: state.pid,
    process_start: state.processStart,
    started_at: state.startedAt,
    socket: state.socket,
    store: state.store,
    http: state.http,
    config_file: state.configFile,
    working_directory: state.workingDirectory,
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string" && value !== "" && !/\p{Cc}/u.test(value);
const isPath: Check = (value) => isText(value) && isAbsolute(value as string);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const isAddress: Check = (value) => /^http:\/\/(?:\[[^[\]\s]+\]|[^:[\]\s/]+):\d{1,5}$/.test(String(value));

const checks: Readonly<Record<string, readonly [Check, string]>> = {
  name: [isText, "a text"],
  version: [isText, "a text"],
  pid: [(value) => Number.isSafeInteger(value) && (value as number) > 0, "a process's number"],
  process_start: [orNull(isText), "a text or null"],
  started_at: [isText, "a text"],
  socket: [isPath, "an absolute path"],
  store: [(value) => value === "memory:" || isPath(value), "an absolute path or memory:"],
  http: [orNull((value) => typeof value === "string" && isAddress(value)), "http://HOST:PORT or null"],
  config_file: [orNull(isPath), "an absolute path or null"],
  working_directory: [isPath, "an absolute path"],
};

/**
 * What stands in a state file, or in a few words what is wrong with it. Fields that are not known
 * are left out.
 */
export function parseStateFile(text: string): StateFile | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "it is no JSON object";
  const record = value as Readonly<Record<string, unknown>>;
  if (record["format"] !== format) return `it is of another format than ${format}`;
  for (const [field, [check, expected]] of Object.entries(checks)) {
    if (!check(record[field])) return `its ${field} is not ${expected}`;
  }
  return {
    name: record["name"] as string,
    version: record["version"] as string,
    pid: record["pid"] as number,
    processStart: record["process_start"] as string | null,
    startedAt: record["started_at"] as string,
    socket: record["socket"] as string,
    store: record["store"] as string,
    http: record["http"] as string | null,
    configFile: record["config_file"] as string | null,
    workingDirectory: record["working_directory"] as string,
  };
}
