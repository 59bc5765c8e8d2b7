import { fail } from "node:assert";
import { lasting } from "@kissbot/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { notSent } from "../src/delivery.js";
import { MonitorClient } from "../src/index.js";
import { Line } from "../src/line.js";
import { LineCounts } from "../src/line-counts.js";
import { Outbox } from "../src/outbox.js";
import { RecordingMonitor } from "../src/testing.js";
import { lineOf, Trouble } from "../src/trouble.js";
import { killChildren, runProgram } from "./child.js";

vi.setConfig({ testTimeout: 60_000 });

afterAll(killChildren);

let monitor: RecordingMonitor;
let client: MonitorClient;

beforeEach(async () => {
  monitor = await new RecordingMonitor().start();
  client = new MonitorClient("bot", { socketPath: monitor.socketPath });
});
afterEach(async () => {
  client[Symbol.dispose]();
  await monitor[Symbol.asyncDispose]();
});

/** What each line of the bot's state said, in order; a dash stands for no trouble. */
const said = () =>
  monitor.messages.map((message) =>
    message.type === "register" || message.type === "heartbeat"
      ? `${message.type} ${message.trouble ?? "-"}`
      : message.type,
  );

test("a bot in trouble says so at once, by a heartbeat, and that it is over too [trial/B4]", async () => {
  await client.register();
  expect(await client.setTrouble("gateway closed: 4004")).toBe(true);
  await monitor.waitFor(() => monitor.ofType("heartbeat").length === 1);
  expect(await client.setTrouble(null)).toBe(false);
  await monitor.waitFor(() => monitor.ofType("heartbeat").length === 2);
  expect(said()).toEqual(["register -", "heartbeat gateway closed: 4004", "heartbeat -"]);
});

test("each registration and heartbeat repeats it, also on a new connection, until it is over [trial/B4]", async () => {
  await client.register();
  await client.setTrouble("deaf");
  await client.heartbeat();
  await client.register({ chat: true });
  await monitor.waitFor((messages) => messages.length === 4);
  monitor.disconnect();
  await monitor.waitFor((messages) => messages.length === 5);
  await client.setTrouble(null);
  await client.heartbeat();
  await monitor.waitFor(() => said().at(-1) === "heartbeat -");
  expect(said().slice(0, 5)).toEqual([
    "register -",
    "heartbeat deaf",
    "heartbeat deaf",
    "register deaf",
    "register deaf",
  ]);
});

test("trouble before the registration is said by it, without a heartbeat of its own [trial/B4]", async () => {
  expect(await client.setTrouble("no token yet")).toBe(false);
  await client.register();
  expect(await client.setTrouble("no token yet")).toBe(false);
  await client.flush();
  await monitor.waitFor((messages) => messages.length === 1);
  await client.logMetric("last", 1);
  await monitor.waitFor((messages) => messages.at(-1)?.type === "custom_metric");
  expect(said()).toEqual(["register no token yet", "custom_metric"]);
});

test("a bot that changes its mind all the time sends a heartbeat a second, and the last state is right [trial/B4]", async () => {
  await client.register();
  const startedAtMs = performance.now();
  for (let i = 0; performance.now() - startedAtMs < 1_500; i++) {
    for (let j = 0; j < 100; j++) void client.setTrouble(j % 2 === 0 ? `problem ${i}` : null);
    await client.setTrouble(`problem ${i}`);
    await new Promise(setImmediate);
  }
  await client.setTrouble("the last one");
  const tookMs = performance.now() - startedAtMs;
  await monitor.waitFor(() => said().at(-1) === "heartbeat the last one");
  const most = 2 + Math.ceil(tookMs / 1_000);
  expect(monitor.ofType("heartbeat").length).toBeGreaterThanOrEqual(2);
  expect(monitor.ofType("heartbeat").length).toBeLessThanOrEqual(most);
});

test("trouble that came and went within the second causes no second heartbeat [trial/B4]", async () => {
  await client.register();
  await client.setTrouble("first");
  void client.setTrouble("second");
  void client.setTrouble("first");
  await lasting("the second is over", 1_300);
  expect(said()).toEqual(["register -", "heartbeat first"]);
});

test("a change that waits is told before the client closes [trial/B4]", async () => {
  await client.register();
  await client.setTrouble("first");
  void client.setTrouble("second");
  await client.close();
  await monitor.waitFor((messages) => messages.length === 3);
  expect(said()).toEqual(["register -", "heartbeat first", "heartbeat second"]);
  expect(await client.setTrouble("third")).toBe(false);
  expect(client.stats().dropped.closed).toBe(1);
});

test("after a goodbye nothing is said until the bot registers again [trial/B4]", async () => {
  await client.register();
  await client.unregister();
  expect(await client.setTrouble("leaving")).toBe(false);
  await client.register();
  await monitor.waitFor((messages) => messages.length === 3);
  expect(said()).toEqual(["register -", "unregister", "register leaving"]);
});

describe("lines that wait", () => {
  const frozen = () => {
    const counts = new LineCounts();
    const outbox = new Outbox({ maxLines: 10, maxBytes: 1_000, counts, onDrop: () => {} });
    const put = (type: "register" | "heartbeat"): typeof notSent => {
      outbox.putLine(new Line(type, `${type} ${trouble.say(type === "heartbeat") ?? "-"};`));
      return notSent;
    };
    const trouble: Trouble = new Trouble(() => put("heartbeat"));
    return { outbox, put, trouble };
  };

  test("a heartbeat that replaces one that waits arrives behind the registration of meanwhile [trial/B4]", () => {
    const { outbox, put, trouble } = frozen();
    void trouble.set("deaf");
    void put("register");
    void trouble.set(undefined);
    trouble.end();
    expect(outbox.nextChunk()).toBe("register deaf;heartbeat -;");
  });

  test("a change that only a registration said is told again where an older heartbeat waits [trial/B4]", () => {
    const { outbox, put, trouble } = frozen();
    void put("register");
    void trouble.set("deaf");
    void trouble.set(undefined);
    void put("register");
    expect(outbox.nextChunk()).toBe("register -;heartbeat deaf;");
    trouble.end();
    outbox.markTaken(Number.MAX_SAFE_INTEGER);
    expect(outbox.nextChunk()).toBe("heartbeat -;");
  });
});

describe("arguments", () => {
  const line = (text: string) => lineOf(text);

  test("a long text is cut to 256 code points, and control characters are spaces [trial/B4]", async () => {
    const emoji = "\u{1f600}";
    await client.register();
    await client.setTrouble(`Error: a\nb\tc\0${emoji.repeat(300)}`);
    await monitor.waitFor((messages) => messages.length === 2);
    const { trouble } = monitor.ofType("heartbeat")[0] ?? fail();
    expect(trouble).toBe(`Error: a b c ${emoji.repeat(243)}`);
    expect(monitor.rejections).toEqual([]);
    expect(line("x".repeat(1_000_000))).toBe("x".repeat(256));
    expect(line("\n boom \r\n")).toBe("boom");
    expect(line("a\ud800b")).toBe("a\ufffdb");
    expect(line(`${"x".repeat(255)}${emoji}y`)).toBe(`${"x".repeat(255)}${emoji}`);
    expect(line("\n\0 \u0085")).toBe("");
  });

  test("what is no text is refused with a warning, and changes nothing [trial/B4]", async () => {
    const socketPath = JSON.stringify(monitor.socketPath);
    const program = `
import { MonitorClient } from "@kissbot/client";
const client = new MonitorClient("bot", { socketPath: ${socketPath} });
await client.register();
await client.setTrouble("real");
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const hostile = { toString() { throw new Error("no"); }, get length() { throw new Error("no"); } };
const bad = [undefined, "", " \\n", 7, NaN, true, {}, [], new Error("x"), Symbol("x"), 5n, () => {}, new String("x"), hostile, revoked.proxy];
const outcomes = [];
for (const one of bad) outcomes.push(await client.setTrouble(one));
outcomes.push(await client.setTrouble());
await client.heartbeat();
process.stdout.write(JSON.stringify(outcomes.filter((outcome) => outcome !== false)));
await client.close();`;
    const { code, stdout, stderr } = await runProgram(program).exited;
    expect({ code, stdout }).toEqual({ code: 0, stdout: "[]" });
    expect(stderr.match(/KissbotWarning/g)).toHaveLength(1);
    expect(stderr).toContain(
      "[KISSBOT_INVALID_ARGUMENT] KissbotWarning: setTrouble: expected a text that is not blank, or null",
    );
    await monitor.waitFor((messages) => messages.length === 3);
    expect(said()).toEqual(["register -", "heartbeat real", "heartbeat real"]);
  });
});

test("setTrouble works without its client, and as a callback [client/F11]", async () => {
  const { register, setTrouble } = client;
  await register();
  expect(await Promise.resolve("deaf").then(setTrouble)).toBe(true);
  await monitor.waitFor((messages) => messages.length === 2);
  expect(said()).toEqual(["register -", "heartbeat deaf"]);
});

test("a subclass whose heartbeat throws cannot make setTrouble throw [trial/B4]", async () => {
  class Odd extends MonitorClient {
    override heartbeat(): Promise<boolean> {
      throw new Error("mine");
    }
  }
  const odd = new Odd("bot", { socketPath: monitor.socketPath });
  await odd.register();
  expect(await odd.setTrouble("deaf")).toBe(true);
  odd[Symbol.dispose]();
});

test("a disabled client judges and says nothing [trial/B4]", async () => {
  vi.stubEnv("KISSBOT_MONITOR_DISABLED", "1");
  const disabled = new MonitorClient("bot", { socketPath: monitor.socketPath });
  vi.unstubAllEnvs();
  expect(await disabled.setTrouble("deaf")).toBe(false);
  expect(await disabled.setTrouble(7 as never)).toBe(false);
  expect(monitor.connections).toBe(0);
});

test("trouble that waits to be told keeps no process alive [trial/B4]", async () => {
  const program = `
import { MonitorClient } from "@kissbot/client";
const client = new MonitorClient("bot");
await client.register();
await client.setTrouble("first");
void client.setTrouble("second");
const startedAt = performance.now();
process.on("exit", () => process.stdout.write(String(performance.now() - startedAt < 900)));`;
  const env = { KISSBOT_MONITOR_SOCKET: monitor.socketPath };
  const { code, stdout, stderr } = await runProgram(program, env).exited;
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "true", stderr: "" });
});
