import { realpathSync } from "node:fs";
import type { Environment, Flags } from "../config/given-value.js";
import { type HttpAddress, httpAddressFrom } from "../config/http-address.js";
import { stateFileFlag } from "../config/resolve-settings.js";
import type { FindRunning, Places, RunningPlaces } from "../config/running-places.js";
import { environmentName } from "../config/setting.js";
import { placesNamed } from "../state-file/state-place.js";
import { type RunningState, searchStates } from "../state-file/state-search.js";

/** The state files of monitors that run on this machine, as a command sees them. */
export class RunningMonitors {
  /**
   * A sentence for each state file that does not count, and for several monitors; empty before
   * `find`.
   */
  readonly notices: string[] = [];
  /** The state that `find` gave. */
  found: RunningState | null = null;
  readonly #flags: Flags;
  readonly #environment: Environment;

  constructor(flags: Flags, environment: Environment) {
    this.#flags = flags;
    this.#environment = environment;
  }

  readonly find: FindRunning = (given) => {
    const places = placesNamed(stateFileFrom(this.#flags, this.#environment), this.#environment);
    const { running, notices } = searchStates(places);
    this.notices.push(...notices);
    const matching = running.flatMap((one) => {
      const found = placesOf(one);
      return isAt(found, given) ? [{ one, found }] : [];
    });
    const [first, ...others] = matching;
    if (first === undefined) return null;
    this.found = first.one;
    if (others.length > 0) {
      const list = matching.map(({ one: { path, state } }) => `${path} (${state.name}, pid ${state.pid})`);
      this.notices.push(
        `${matching.length} monitors run: ${list.join(", ")}. The first one is meant; choose another with --${stateFileFlag}.`,
      );
    }
    return first.found;
  };
}

/** What `--state-file` or its variable says. */
export function stateFileFrom(flags: Flags, environment: Environment): string {
  const flag = flags[stateFileFlag];
  const variable = environment[environmentName(stateFileFlag)] ?? "";
  if (typeof flag === "string" && flag !== "") return flag;
  return variable === "" ? "auto" : variable;
}

function placesOf({ path, state }: RunningState): RunningPlaces {
  return {
    stateFile: path,
    socketPath: state.socket,
    store: state.store,
    http: state.http === null ? null : (httpAddressFrom(state.http.replace("http://", "")) ?? null),
    configFile: state.configFile,
    workingDirectory: state.workingDirectory,
  };
}

function isAt(found: Places, { socketPath, store, http }: Partial<Places>): boolean {
  return (
    (socketPath === undefined || isSamePath(socketPath, found.socketPath)) &&
    (store === undefined || isSamePath(store, found.store)) &&
    // A command that is to do without HTTP does not say where the monitor's is.
    (http === undefined || http === null || isSameAddress(http, found.http))
  );
}

/** Whether both lead to the same file, through whatever links. */
export function isSamePath(one: string, other: string): boolean {
  return one === other || realPath(one) === realPath(other);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It does not exist, or this user may not look.
    return path;
  }
}

/** Names of loopback, and of all addresses, which loopback is one of. */
const here = ["127.0.0.1", "::1", "localhost", "0.0.0.0", "::"];

function isSameAddress(one: HttpAddress, other: HttpAddress | null): boolean {
  if (other === null || one.port !== other.port) return false;
  return one.host === other.host || (here.includes(one.host) && here.includes(other.host));
}
