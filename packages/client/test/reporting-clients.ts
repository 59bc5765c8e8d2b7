import { afterEach } from "vitest";
import { MonitorClient } from "../src/index.js";
import { recording } from "./each-monitor.js";

/** They end with the test. */
export const clients: MonitorClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client[Symbol.dispose]();
});

/** A client of the recording monitor; it ends with its test. */
export function clientOf(options: ConstructorParameters<typeof MonitorClient>[2] = {}): MonitorClient {
  const client = new MonitorClient("bot", { socketPath: recording.socketPath, ...options });
  clients.push(client);
  return client;
}

/** The types of the messages that have come. */
export const types = () => recording.messages.map(({ type }) => type);
