import { connect, type Socket } from "node:net";
import { silentLogger, TemporaryFolder } from "@kissbot/testkit";
import { defaultSettings } from "../../src/config/default-settings.js";
import type { Settings } from "../../src/config/settings.js";
import { Daemon } from "../../src/daemon.js";
import type { Logger } from "../../src/logger.js";
import type { StartReport } from "../../src/start-report.js";
import { defaults } from "../config/resolved.js";

/**
 * A folder of a test with a socket and a database in it, and the monitors and bots that it starts
 * there.
 */
export class Place {
  readonly folder = new TemporaryFolder("daemon");
  readonly socketPath = this.folder.socketPath;
  readonly database = this.folder.file("kissbot_monitor.db");
  readonly #daemons: Daemon[] = [];
  readonly #sockets: Socket[] = [];

  settings(change: Partial<Settings> = {}): Settings {
    return {
      ...defaults,
      name: "host-of-a-test",
      displayName: "monitor of a test",
      timezone: "UTC",
      alerts: { ...defaultSettings().alerts, timezone: "UTC" },
      socketPath: this.socketPath,
      store: this.database,
      http: { host: "127.0.0.1", port: 0 },
      logLevel: "silent",
      ...change,
    };
  }

  daemon(change: Partial<Settings> = {}, logger: Logger = silentLogger, pageFolder?: string): Daemon {
    const page = pageFolder === undefined ? {} : { pageFolder };
    const daemon = new Daemon(this.settings(change), { logger, ...page });
    this.#daemons.push(daemon);
    return daemon;
  }

  async start(change: Partial<Settings> = {}, pageFolder?: string): Promise<Running> {
    const daemon = this.daemon(change, silentLogger, pageFolder);
    return new Running(daemon, await daemon.start());
  }

  /** Sends messages as a client does, on a connection that stays. */
  async connect(): Promise<{ send(...messages: readonly object[]): void; end(): void }> {
    const socket = connect(this.socketPath);
    this.#sockets.push(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve).once("error", reject);
    });
    socket.on("error", () => undefined);
    return {
      send: (...messages) => {
        socket.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
      },
      end: () => socket.end(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#daemons.map((daemon) => daemon.stop()));
    this.folder[Symbol.dispose]();
  }
}

/** A monitor that has started. */
export class Running {
  readonly daemon: Daemon;
  readonly report: StartReport;

  constructor(daemon: Daemon, report: StartReport) {
    this.daemon = daemon;
    this.report = report;
  }

  /** The answer's JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects.
  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<any> {
    const response = await fetch(`${this.report.http}${path}`, { headers });
    return await response.json();
  }

  async metrics(): Promise<Map<string, number>> {
    const response = await fetch(`${this.report.http}/metrics`);
    const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(
      lines.map((line) => [
        line.slice(0, line.lastIndexOf(" ")),
        Number(line.slice(line.lastIndexOf(" ") + 1)),
      ]),
    );
  }
}
