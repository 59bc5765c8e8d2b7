import { lstatSync } from "node:fs";
import { createConnection } from "node:net";
import { userInfo } from "node:os";
import process from "node:process";
import type { Environment } from "../config/given-value.js";
import { httpAddressText } from "../config/http-address.js";
import { controlPathOf } from "../config/socket-path.js";
import { reachable } from "./api-client.js";
import type { CommandContext, Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { type CommandSettings, settingsOf } from "./command-settings.js";
import { absenceText, exchange, type HttpTarget, messageOf, objectFrom } from "./http-exchange.js";
import { placeText } from "./place-note.js";

type Json = Readonly<Record<string, unknown>>;

/** A slow store may delay an answer by some seconds. */
const timeoutMs = 15_000;

/**
 * Asks the running monitor to change something. Rejects only with `CommandError`.
 */
export class ControlClient {
  readonly #target: HttpTarget;
  readonly #token: string | null;
  readonly #settings: CommandSettings;

  private constructor(target: HttpTarget, token: string | null, settings: CommandSettings) {
    this.#target = target;
    this.#token = token;
    this.#settings = settings;
  }

  /**
   * Over HTTP if a flag names its address or a token is given, else over the control socket. Prints
   * on stderr which one, unless the user named it.
   */
  static async open(context: CommandContext, options: Options): Promise<ControlClient> {
    const settings = await settingsOf(context, options, ["socketPath"]);
    const { origins, socketPath, http, httpWriteToken } = settings;
    const isNamed = ["http", "httpWriteToken"].some(
      (name) => origins[name as "http" | "httpWriteToken"].kind === "flag",
    );
    const hasToken = isNamed || origins.httpWriteToken.kind === "variable";
    if (!hasToken || origins.socketPath.kind === "flag") {
      const path = controlPathOf(socketPath);
      if (origins.socketPath.kind !== "flag")
        context.terminal.note(placeText("Control socket", path, origins.socketPath));
      return new ControlClient({ socketPath: path }, null, settings);
    }
    if (http === null) throw new CommandError("HTTP is off: name the monitor with --http HOST:PORT");
    if (httpWriteToken === null) {
      throw new CommandError(
        `changing something at ${httpAddressText(http)} needs its write token: set KISSBOT_MONITOR_HTTP_WRITE_TOKEN, or give --http-write-token`,
      );
    }
    if (origins.http.kind !== "flag")
      context.terminal.note(placeText("Monitor", `http://${httpAddressText(http)}`, origins.http));
    const target = { host: reachable(http.host).replace(/^\[(.*)\]$/, "$1"), port: http.port };
    return new ControlClient(target, httpWriteToken, settings);
  }

  /** The answer of the route. Rejects with the message of an error answer. */
  async get(path: string): Promise<Json> {
    return await this.#ask("GET", path);
  }

  async post(path: string, body: object = {}): Promise<Json> {
    return await this.#ask("POST", path, body);
  }

  async #ask(method: "GET" | "POST", path: string, body?: object): Promise<Json> {
    const question = { method, path, token: this.#token, body, timeoutMs };
    const { status, body: text } = await exchange(this.#target, question).catch(async (error: unknown) => {
      throw new CommandError(await this.#absence(error as NodeJS.ErrnoException));
    });
    const value = objectFrom(text);
    if (value !== null && status === 200) return value;
    const message = messageOf(value);
    if (message === null) {
      throw new CommandError(`what answers at ${this.#place} is not a KissBot monitor (status ${status})`);
    }
    if (status === 401) throw new CommandError(`the monitor at ${this.#place} does not accept this token`);
    // An unknown route belongs to a later version.
    const isOld = status === 405 || (status === 404 && message.includes("/api/v1/openapi.json"));
    throw new CommandError(
      isOld ? `the monitor at ${this.#place} is an earlier version, which cannot do this` : message,
    );
  }

  get #place(): string {
    if ("socketPath" in this.#target) return this.#target.socketPath;
    return `http://${httpAddressText(this.#target)}`;
  }

  async #absence(error: NodeJS.ErrnoException): Promise<string> {
    if (!("socketPath" in this.#target)) return `no monitor answers at ${this.#place}: ${absenceText(error)}`;
    const { socketPath } = this.#settings;
    const path = this.#target.socketPath;
    if (error.code === "EACCES" || error.code === "EPERM") {
      return `only root and the monitor's own user${ownerText(path)} may change something (${path}): run this as one of them, with sudo`;
    }
    if (error.code !== "ENOENT" && error.code !== "ECONNREFUSED" && error.code !== "ENOTSOCK")
      return `no answer from ${path}: ${absenceText(error)}`;
    if (await somebodyListens(socketPath)) {
      return `the monitor on ${socketPath} has no control socket: it is an earlier version, or could not create one; kissbot-monitor doctor shows why`;
    }
    return `no monitor runs on ${socketPath}: start one with kissbot-monitor start, or name its socket with --socket`;
  }
}

/**
 * Who changes something, for the history: `--by`, else the system user; under sudo, its caller.
 */
export function nameOfCaller(options: Options, environment: Environment): string {
  const { by } = options;
  if (typeof by === "string" && by.trim() !== "") return by;
  const { SUDO_USER: sudoUser = "" } = environment;
  if (process.geteuid?.() === 0 && sudoUser !== "") return sudoUser;
  try {
    return userInfo().username;
  } catch {
    // The user has no entry in /etc/passwd.
    return `user ${process.geteuid?.() ?? "unknown"}`;
  }
}

function ownerText(path: string): string {
  try {
    return ` (${lstatSync(path).uid})`;
  } catch {
    return "";
  }
}

/** Connects and disconnects; to a monitor this looks like a bot that sends nothing. */
function somebodyListens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const end = (listens: boolean) => {
      socket.destroy();
      resolve(listens);
    };
    socket
      .once("connect", () => end(true))
      .once("error", ({ code }: NodeJS.ErrnoException) => {
        end(code === "EAGAIN" || code === "EACCES");
      });
  });
}
