import { createRequire } from "node:module";
import { sep } from "node:path";
import { expect, test } from "vitest";
import { MonitorClient } from "../src/index.js";
import { RecordingMonitor } from "../src/testing.js";
import { packageFolder } from "./child.js";

const require = createRequire(import.meta.url);
const entries = ["index", "legacy", "llm", "testing"];

/**
 * Field names of messages, parts of a property descriptor, and others that the language asks
 * objects for.
 */
const names = [
  ..."type channel pid features version started_at interval_s trouble ts rss_mb cpu_pct dropped model feature".split(
    " ",
  ),
  ..."tokens_in tokens_out latency_ms provider tokens_cached tokens_cache_write cost_usd error metric_name value".split(
    " ",
  ),
  ..."get set enumerable configurable writable then default junk".split(" "),
];

const kinds: [string, () => PropertyDescriptor][] = [
  ["an enumerable function", () => ({ value() {}, enumerable: true })],
  ["an enumerable object", () => ({ value: {}, enumerable: true, writable: true })],
  ["a constant", () => ({ value: 7 })],
  ["a getter", () => ({ get: () => 9, enumerable: true })],
];

/** Forgets the files of the client and the protocol, so that the next `require` runs them again. */
function forget(): void {
  for (const path of Object.keys(require.cache)) {
    if (path.includes(`${sep}packages${sep}client${sep}dist`) || path.includes(`${sep}protocol${sep}dist`)) {
      delete require.cache[path];
    }
  }
}

test.each(kinds)("the CommonJS build loads with %s in Object.prototype [client/F28]", (_, descriptor) => {
  for (const entry of entries) {
    const path = `${packageFolder}/dist/${entry}.cjs`;
    // Loads what the entry needs of Node: some of that does not load beside junk itself.
    const expected = Object.keys(require(path)).sort();
    expect(expected.length).toBeGreaterThan(0);
    for (const name of names) {
      forget();
      const whole = Object.assign(Object.create(null), descriptor(), { configurable: true });
      Object.defineProperty(Object.prototype, name, whole);
      let exported: string[];
      try {
        exported = Object.keys(require(path));
      } finally {
        Reflect.deleteProperty(Object.prototype, name);
      }
      expect(exported.sort(), `${entry} beside ${name}`).toEqual(expected);
    }
  }
});

test.each([true, false])(
  "what Object.prototype has is no argument, and costs no line, be it enumerable (%s) [client/F28]",
  async (enumerable) => {
    const monitor = await new RecordingMonitor().start();
    const client = new MonitorClient("bot", { socketPath: monitor.socketPath });
    const junk =
      "provider latencyMs tokensCached tokensCacheWrite costUsd error rssMb cpuPct version intervalMs timeoutMs maxBufferedLines maxBufferedBytes lastWords logger socketPath trouble".split(
        " ",
      );
    for (const name of junk) {
      Object.defineProperty(Object.prototype, name, { value: "junk", enumerable, configurable: true });
    }
    let other: MonitorClient;
    try {
      process.env["KISSBOT_MONITOR_SOCKET"] = monitor.socketPath;
      other = new MonitorClient("other", {});
      other.start({ chat: true }, {});
      void client.register();
      void client.heartbeat({});
      void client.logLlmUsage({ model: "m", feature: "f", tokensIn: 1, tokensOut: 2 });
    } finally {
      delete process.env["KISSBOT_MONITOR_SOCKET"];
      for (const name of junk) Reflect.deleteProperty(Object.prototype, name);
    }
    try {
      await monitor.waitFor((messages) => messages.length === 5);
      const known = new Set(
        "type channel pid features started_at interval_s ts dropped rss_mb model feature tokens_in tokens_out".split(
          " ",
        ),
      );
      for (const message of monitor.messages) {
        for (const [name, value] of Object.entries(message)) {
          expect(known).toContain(name);
          expect(value).not.toBe("junk");
        }
      }
      const [registered] = monitor.ofType("register").filter(({ channel }) => channel === "other");
      expect(registered?.features).toEqual({ chat: true });
      expect(
        monitor
          .ofType("heartbeat")
          .map(({ channel, interval_s: s }) => `${channel} ${s}`)
          .sort(),
      ).toEqual(["bot undefined", "other 30"]);
    } finally {
      client[Symbol.dispose]();
      other[Symbol.dispose]();
      await monitor.stop();
    }
  },
);

test("a call that lacks a field is refused as ever, whatever Object.prototype has under its name [client/F28]", async () => {
  const monitor = await new RecordingMonitor().start();
  const client = new MonitorClient("bot", { socketPath: monitor.socketPath });
  const whole = { model: "m", feature: "f", tokensIn: 1, tokensOut: 2 };
  const names = Object.keys(whole) as (keyof typeof whole)[];
  for (const name of names) {
    const { [name]: value, ...rest } = whole;
    Object.defineProperty(Object.prototype, name, { value, configurable: true });
    try {
      void client.logLlmUsage(rest as typeof whole);
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
  }
  expect(client.stats().dropped.invalid).toBe(names.length);
  client[Symbol.dispose]();
  await monitor.stop();
});

test.each([true, false])(
  "no line has a field that its message would inherit, be it enumerable (%s) [client/F28]",
  async (enumerable) => {
    const monitor = await new RecordingMonitor().start();
    const client = new MonitorClient("bot", process.pid, { socketPath: monitor.socketPath });
    await client.register();
    await monitor.waitFor((messages) => messages.length === 1);
    const wire = names.slice(0, names.indexOf("get"));
    // "value" is a part of a property descriptor, too.
    const junk = wire.filter((name) => name !== "value");
    const reports = () => {
      client.start({ chat: true });
      void client.heartbeat();
      void client.logLlmUsage({ model: "m", feature: "f", tokensIn: 1, tokensOut: 2 });
      void client.logMetric("n", 1);
      void client.unregister();
      void client.register();
    };
    for (const name of junk) {
      Object.defineProperty(Object.prototype, name, { value: 7, enumerable, configurable: true });
    }
    try {
      reports();
    } finally {
      for (const name of junk) Reflect.deleteProperty(Object.prototype, name);
    }
    try {
      await client.flush();
      // The lines of the tick go out, and so does the registration that the next connection begins
      // with.
      await monitor.waitFor((messages) => messages.length >= 4);
      for (const message of monitor.messages) {
        const fields = Object.entries(message).filter(([name]) => name !== "tokens_in");
        expect(fields.filter(([, value]) => value === 7)).toEqual([]);
      }
      expect(client.stats().dropped.invalid).toBe(0);
    } finally {
      client[Symbol.dispose]();
      await monitor.stop();
    }
  },
);
