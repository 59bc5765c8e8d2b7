import { CuttingProxy } from "@kissbot/testkit";
import type { TestContext } from "vitest";
import { FleetDatabase } from "./fleet-database.js";
import { FleetHost } from "./fleet-host.js";
import type { InstalledProject } from "./installed-project.js";

export interface FleetHostsPlan {
  readonly count: number;
  readonly settings?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly env?: Record<string, string>;
}

/** Several hosts and their fleet database, with a proxy between. */
export class FleetHosts implements AsyncDisposable {
  readonly database: FleetDatabase;
  readonly proxy: CuttingProxy;
  readonly all: FleetHost[] = [];

  private constructor(database: FleetDatabase, proxy: CuttingProxy) {
    this.database = database;
    this.proxy = proxy;
  }

  /** Of the monitors none runs yet. */
  static async open(
    context: Pick<TestContext, "onTestFailed">,
    { count, settings = {}, flags = [], env = {} }: FleetHostsPlan,
  ): Promise<FleetHosts> {
    const database = await FleetDatabase.start(settings);
    const proxy = await CuttingProxy.start(database.server.port);
    const hosts = new FleetHosts(database, proxy);
    for (let i = 0; i < count; i++)
      hosts.all.push(
        await FleetHost.open(context, { name: `host ${i}`, database, port: proxy.port, flags, env }),
      );
    return hosts;
  }

  /** All at once. */
  async startMonitors(project?: InstalledProject): Promise<void> {
    await Promise.all(this.all.map((host) => host.startMonitor(project)));
  }

  async startBots(perHost: number, callsPerSecond: number): Promise<void> {
    await Promise.all(this.all.map((host) => host.startBots(perHost, callsPerSecond)));
    await this.areOnline();
  }

  async areOnline(timeoutMs = 120_000): Promise<void> {
    await Promise.all(this.all.map(({ bots, monitor }) => bots.isOnline(monitor, timeoutMs)));
  }

  /** No more traffic; all that there was is in the files of the hosts. */
  async comeToRest(): Promise<void> {
    await Promise.all(this.all.map((host) => host.dismissBots()));
    await Promise.all(this.all.map((host) => host.isStored()));
  }

  /**
   * Kills the monitors, and starts them again; resolves when the database has what their files had.
   */
  async endExact(botsPerHost: number, project?: InstalledProject): Promise<void> {
    await Promise.all(this.all.map(({ monitor }) => monitor.crash()));
    const expected = this.all.map((host) => host.rowsHere());
    await this.startMonitors(project);
    for (const [i, host] of this.all.entries()) {
      const rows = expected[i] as (typeof expected)[number];
      // Two that are empty would be equal.
      if (rows.usage.length !== botsPerHost || rows.bots.length !== botsPerHost)
        throw new Error(`${host.name} has ${rows.usage.length} channels and ${rows.bots.length} bots`);
      await host.hasArrived(rows);
    }
  }

  /**
   * Whether the calls and tokens of the sums are those of the rows, and how many calls there are.
   */
  async countCalls(): Promise<number> {
    const [calls = 0, tokens] = await this.database.numbers(
      "SELECT count(*), sum(tokens_in) FROM kissbot.llm_usage",
    );
    const sums = await this.database.numbers(
      "SELECT sum(calls), sum(tokens_in) AS tokens FROM kissbot.usage_hours",
    );
    if (sums[0] !== calls || sums[1] !== tokens)
      throw new Error(`${calls} calls of ${tokens} tokens, and sums of ${sums.join(" and ")}`);
    return calls;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((host) => host[Symbol.asyncDispose]()));
    await this.proxy[Symbol.asyncDispose]();
    await this.database[Symbol.asyncDispose]();
  }
}
