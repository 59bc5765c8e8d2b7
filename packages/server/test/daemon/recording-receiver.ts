import { writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { AlertSettings, ReceiverSettings } from "../../src/config/alert-settings.js";
import { defaultSettings } from "../../src/config/default-settings.js";
import { Secret } from "../../src/config/secret.js";
import { anything, unset } from "../alerts/unset.js";
import type { Place } from "./place.js";

/** A notice as the webhook has it. */
interface TakenNotice {
  readonly notice_id: string;
  readonly kind: string;
  readonly monitor: string;
  readonly items: readonly {
    readonly kind: string;
    readonly rule: string;
    readonly subject: string;
    readonly severity: string;
    /** Why it is said only now. */
    readonly why: string | null;
    readonly facts: Readonly<Record<string, unknown>>;
  }[];
}

/** A server that is told of alerts, and keeps what it took. */
export class RecordingReceiver implements AsyncDisposable {
  readonly name: string;
  reply: (response: ServerResponse) => void = (response) => response.writeHead(204).end();
  readonly #taken = new Map<string, TakenNotice>();
  readonly #server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("error", () => undefined);
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const notice = JSON.parse(Buffer.concat(pieces).toString()) as TakenNotice;
      this.reply(response);
      if (response.statusCode < 300 && response.writableEnded) this.#taken.set(notice.notice_id, notice);
    });
  });

  private constructor(name: string) {
    this.name = name;
  }

  static async start(name: string): Promise<RecordingReceiver> {
    const receiver = new RecordingReceiver(name);
    await new Promise<void>((resolve) => {
      receiver.#server.listen(0, "127.0.0.1", resolve);
    });
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Repeats under one id put together. */
  get notices(): readonly TakenNotice[] {
    return [...this.#taken.values()];
  }

  get items(): TakenNotice["items"] {
    return this.notices.flatMap(({ items }) => items);
  }

  /** `down a`, `up a`: in order. */
  get told(): string[] {
    return this.items.map(({ kind, rule, subject }) =>
      rule === "down" ? `${kind} ${subject}` : `${kind} ${rule} ${subject}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Settings under which everything is told at once to these receivers. */
export function promptAlerts(...receivers: readonly RecordingReceiver[]): AlertSettings {
  return {
    ...defaultSettings().alerts,
    timezone: "UTC",
    receivers: receivers.map(
      ({ name, url }): ReceiverSettings => ({
        name,
        target: { kind: "webhook", url: Secret.ofValue(url), secret: null, ca: null },
        ...anything,
        mention: {},
      }),
    ),
    rules: { down: { ...unset, forMs: 0, holdMs: 0 } },
    groupWaitMs: 0,
    groupIntervalMs: 0,
    reminder: { at: null, weekly: false },
  };
}

/** A config file whose alerts go to this receiver at once; its path. `rules` as in YAML. */
export function promptConfig({ folder }: Place, { name, url }: RecordingReceiver, rules: string): string {
  const path = folder.file("config.yaml");
  const lines = [
    "monitoring:",
    "  alerts:",
    `    receivers: { ${name}: { webhook: { url: "${url}" } } }`,
    `    rules: ${rules}`,
    "    group_wait: 0s",
    "    group_interval: 0s",
    "    reminder: off",
    "",
  ];
  writeFileSync(path, lines.join("\n"));
  return path;
}
