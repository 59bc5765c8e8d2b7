import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AlertConfig } from "../alerts/alert-config.js";
import { WebhookTaker } from "../alerts/webhook-taker.js";
import { FleetStage } from "../fleet/fleet-stage.js";
import type { SoakPrincipal } from "./load.js";

/**
 * What a monitor has around it in the soak: a PostgreSQL that hosts share, a receiver of alerts,
 * and a folder with the sockets of two users.
 */
export class Surroundings implements AsyncDisposable {
  /** Undefined where this machine has no PostgreSQL. */
  readonly stage: FleetStage | undefined;
  readonly fleet: string | undefined;
  readonly receiver: WebhookTaker;
  readonly principals: readonly SoakPrincipal[];
  readonly #config: AlertConfig;
  readonly #folder = mkdtempSync(join(tmpdir(), "kissbot-soak-"));

  private constructor(stage: FleetStage | undefined, fleet: string | undefined, receiver: WebhookTaker) {
    this.stage = stage;
    this.fleet = fleet;
    this.receiver = receiver;
    this.#config = new AlertConfig({ ops: receiver.receiver });
    this.principals = ["team_a", "team_b"].map((name) => ({
      name,
      socketPath: join(this.#folder, `${name}.sock`),
    }));
  }

  static async start(): Promise<Surroundings> {
    const stage = FleetStage.isHere() ? await FleetStage.start({ shared_buffers: "64MB" }) : undefined;
    return new Surroundings(stage, await stage?.schema(), await WebhookTaker.start());
  }

  /** Of the monitor. */
  get flags(): readonly string[] {
    const listen = this.principals.flatMap(({ name, socketPath }) => [
      "--listen",
      `unix:${socketPath}?as=${name}&channels=${name}_*&rows-per-second=100`,
    ]);
    const fleet = this.fleet === undefined ? [] : ["--fleet", this.fleet];
    return [...this.#config.flags, ...listen, ...fleet];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver[Symbol.asyncDispose]();
    await this.stage?.[Symbol.asyncDispose]();
    this.#config[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
