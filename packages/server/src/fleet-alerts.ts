import { readFileSync } from "node:fs";
import type { Store, StoreError } from "@kissbot/store";
import { AlertDesk } from "./alerts/alert-desk.js";
import type { AlertDeskOptions, AlertTerms } from "./alerts/desk-options.js";
import { type HostRule, hostRules } from "./alerts/host-incidents.js";
import type { ReceiverDoor } from "./alerts/receiver-door.js";
import type { AlertSettings } from "./config/alert-settings.js";
import { receiverMarkOf } from "./config/receiver-mark.js";
import { AlertLog } from "./worker/alert-log.js";
import { readAlertMemory } from "./worker/read-alert-memory.js";

export interface FleetAlertsOptions extends Omit<AlertDeskOptions, "records" | "bootId"> {
  /** Null while no store is open. */
  readonly store: () => Store | null;
  readonly onFailed: (error: StoreError) => void;
  /** The monitor's name in its database. */
  readonly producer: string;
  /** Makes the receivers; what one of them needs is loaded then. */
  readonly createReceivers: () => Promise<readonly ReceiverDoor[]>;
  /** The file that names this start of the machine. */
  readonly bootIdPath?: string;
}

/** The desk of the alerts with its log in the store: what the daemon starts and stops. */
export class FleetAlerts {
  readonly desk: AlertDesk;
  readonly log: AlertLog;
  readonly #options: FleetAlertsOptions;

  /** Throws where a window or a zone is none. */
  constructor(options: FleetAlertsOptions) {
    this.#options = options;
    const { bootIdPath = "/proc/sys/kernel/random/boot_id" } = options;
    this.log = new AlertLog(options);
    this.desk = new AlertDesk({ ...options, records: this.log, bootId: bootIdFrom(bootIdPath) });
  }

  /** After the fleet: alerts are judged by it. */
  async restore(store: Store): Promise<void> {
    await this.desk.restore(await readAlertMemory(store, this.#options.clock.wallMs()));
  }

  async start(): Promise<void> {
    this.desk.start(await this.#options.createReceivers());
  }

  async stop(): Promise<void> {
    await this.desk.stop();
  }

  /** For the metrics. */
  figures() {
    const { desk } = this;
    return { open: desk.openAlerts(), receivers: desk.receivers(), turns: desk.turnTimes };
  }

  /** Null where every receiver can be reached. */
  problem(): { readonly code: string; readonly detail: string } | null {
    const broken = this.desk.failing().filter(({ isBroken }) => isBroken);
    if (broken.length === 0) return null;
    const detail = broken.map(({ name, detail: why }) => `${name}: ${why}`).join("; ");
    return { code: "receiver_broken", detail: `alerts do not get through to ${detail}` };
  }
}

/** The settings of alerts as the desk has them. */
export function alertTermsOf(alerts: AlertSettings): AlertTerms {
  const receivers = alerts.receivers.map((one) => ({ ...one, mark: receiverMarkOf(one.target) }));
  return { ...alerts, receivers };
}

/** The incidents of hosts that this monitor has a receiver and a rule for. */
export function toldHostRules({ receivers, rules }: AlertSettings): readonly HostRule[] {
  return receivers.length === 0 ? [] : hostRules.filter((rule) => rules[rule]?.enabled !== false);
}

function bootIdFrom(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim() || null;
  } catch {
    return null;
  }
}
