import { connect, type Socket } from "node:net";
import type { Message } from "@kissbot/protocol";
import { RecordingLogger } from "@kissbot/testkit";
import { expect } from "vitest";
import { systemClock } from "../../src/clock.js";
import type { ListenerTerms } from "../../src/ingest/listener-terms.js";
import { Listeners, type ListenersOptions } from "../../src/ingest/listeners.js";
import { Principals } from "../../src/principals/principals.js";
import { policyOf } from "../principals/policy-of.js";

/** The principals of the tests with several listeners: each may report on every channel. */
const names = ["a", "b", "c", "d", "file", "renamed"];

/** The rights of the socket, and whatever else is to be as a test wants it. */
export type TestOptions = Partial<ListenerTerms & ListenersOptions>;

/** Listeners whose messages are kept; stopped with `await using`. */
export class TestMonitor implements AsyncDisposable {
  readonly messages: Message[] = [];
  readonly logger = new RecordingLogger();
  readonly listener: Listeners;
  readonly principals: Principals;
  readonly path: string;
  /** Called with each message. */
  onMessage: (message: Message) => void = () => {};

  constructor(path: string, options: TestOptions = {}) {
    this.path = path;
    const { socketMode = 0o660, socketGroup = null, socketOwner = null, ...others } = options;
    const { logger } = this;
    const policies =
      options.others === undefined ? [] : names.map((name) => policyOf(name, { channels: ["*"] }));
    this.principals = options.principals ?? new Principals({ policies, clock: systemClock, logger });
    this.listener = new Listeners({
      local: { principal: "local", socketPath: path, socketMode, socketGroup, socketOwner },
      queue: {
        isCrowded: () => false,
        offerRowLines: () => {},
        offerMessage: (message) => {
          this.messages.push(message);
          this.onMessage(message);
        },
        offerEnded: () => {},
        refuseMessage: () => {},
      },
      principals: this.principals,
      clock: systemClock,
      logger,
      checkIntervalMs: 20,
      ...others,
    });
  }

  static async start(path: string, options: TestOptions = {}): Promise<TestMonitor> {
    const monitor = new TestMonitor(path, options);
    await monitor.listener.start();
    return monitor;
  }

  get rejected(): number {
    return Object.values(this.listener.lines.rejected).reduce((sum, count) => sum + count, 0);
  }

  /** The law of lines: each is a message, rejected, or ignored. */
  assertSum(): void {
    const { lines, ignored } = this.listener.lines;
    expect(lines).toBe(this.messages.length + this.rejected + ignored);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener.stop();
  }
}

/** A line of a heartbeat, as Python writes it. */
export function beat(pid: number, channel = "a"): string {
  return `{"type": "heartbeat", "channel": ${JSON.stringify(channel)}, "pid": ${pid}}\n`;
}

/** Connects; rejects as the connect does. */
export function openConnection(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.off("error", reject);
      // Whatever the monitor does to it is judged by what the monitor counts.
      socket.on("error", () => {});
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/** Resolves when the other side has closed it. */
export function closedByPeer(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    socket.resume();
    socket.once("close", () => resolve());
  });
}
