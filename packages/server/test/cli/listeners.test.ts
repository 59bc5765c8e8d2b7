import { chmodSync, existsSync, readdirSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { Child, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { ask } from "../http/ask.js";
import { type Monitor, runCommand, startMonitor } from "./command.js";
import { place, writeConfig } from "./own-folder.js";

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
if (!isRoot) console.warn("not root: LISTENERS ARE NOT TESTED with other users in this run");

const token = "an-http-token-of-a-test";
const authorization = { authorization: `Bearer ${token}` };
/** Users that no file needs to know. */
const [anna, ben] = [54_321, 54_322];

async function get(monitor: Monitor, path: string) {
  const { body } = await ask(`http://${monitor.at[1]}`, path, { headers: authorization });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects.
  return body as any;
}

async function channelsOf(monitor: Monitor): Promise<string[]> {
  const { bots } = await get(monitor, "/api/v1/bots");
  return bots.map(({ channel }: { channel: string }) => channel).sort();
}

async function reload({ socketPath }: Monitor) {
  return await runCommand(["reload", "--no-config", "--socket", socketPath], { folder: place.path });
}

const listener = (principal: string, ...keys: readonly string[]) =>
  `  - { principal: ${principal}, socket: ${place.file(principal)}.sock, channels: ["${principal}_*"]${keys.map((key) => `, ${key}`).join("")} }`;

const line = (type: string, channel: string, more: object = {}) =>
  `${JSON.stringify({ type, channel, pid: process.pid, ...more })}\n`;

class Bot {
  readonly socket: Socket;
  isClosed = false;
  received = 0;

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on("error", () => undefined);
    this.socket.on("data", (chunk) => {
      this.received += chunk.length;
    });
    this.socket.once("close", () => {
      this.isClosed = true;
    });
  }
}

test("a reload adds, changes and removes listeners within a second and drops no connection; a file that is wrong changes nothing [users/U9]", async () => {
  const config = writeConfig(`http_token: ${token}`, "listeners:", listener("a"), listener("b"));
  const monitor = await startMonitor(place.path, ["--config", config]);
  expect(JSON.parse(monitor.child.stdout).listeners).toMatchObject([
    { principal: "a", socketPath: place.file("a.sock"), whoMayConnect: expect.stringContaining("0660") },
    { principal: "b" },
  ]);
  const [a, b] = [new Bot(place.file("a.sock")), new Bot(place.file("b.sock"))];
  a.socket.write(line("register", "a_1"));
  b.socket.write(line("register", "b_1"));
  await until("both are known", async () => (await channelsOf(monitor)).length === 2);
  const local = new Bot(monitor.socketPath);
  local.socket.write(line("register", "anything"));

  writeConfig(
    `http_token: ${token}`,
    "listeners:",
    listener("c"),
    `  - { principal: d, socket: ${place.file("none/d.sock")}, channels: [d] }`,
  );
  const wrong = await reload(monitor);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain("create it, or choose another path with socket: of the listener d");
  expect(wrong.stderr).toContain("nothing was changed");
  expect([existsSync(place.file("c.sock")), existsSync(place.file("b.sock"))]).toEqual([false, true]);

  writeConfig(`http_token: ${token}`, "listeners:", listener("a", "mode: '0600'"), listener("c"));
  const startMs = performance.now();
  const right = await reload(monitor);
  expect(right).toMatchObject({ code: 0, stdout: `Read again: ${config}\nApplied: listeners\n` });
  expect(performance.now() - startMs).toBeLessThan(10_000);
  expect(statSync(place.file("a.sock")).mode & 0o777).toBe(0o600);
  expect(existsSync(place.file("b.sock"))).toBe(false);
  // Those that are open go on, under the rights that they had.
  a.socket.write(line("register", "a_2"));
  b.socket.write(line("register", "b_2"));
  local.socket.write(line("register", "anything_else"));
  const c = new Bot(place.file("c.sock"));
  c.socket.write(line("register", "c_1"));
  await until("all are heard", async () => (await channelsOf(monitor)).length === 7);
  expect(await channelsOf(monitor)).toEqual(["a_1", "a_2", "anything", "anything_else", "b_1", "b_2", "c_1"]);
  for (const bot of [a, b, c, local]) {
    expect(bot.isClosed).toBe(false);
    bot.socket.destroy();
  }
}, 120_000);

test("a monitor without an HTTP token takes over no listener, and says what to do", async () => {
  const config = writeConfig("retention_days: 7");
  const monitor = await startMonitor(place.path, ["--config", config]);
  writeConfig(`http_token: ${token}`, "listeners:", listener("a"));
  const { code, stderr } = await reload(monitor);
  expect(code).toBe(2);
  expect(stderr).toContain("this monitor was started without an http_token");
  expect(existsSync(place.file("a.sock"))).toBe(false);
}, 60_000);

test("what a principal may not report leaves no bot, row, label or status, and its connection stays unanswered [users/U3]", async () => {
  const config = writeConfig(`http_token: ${token}`, "listeners:", listener("a"), listener("b"));
  const monitor = await startMonitor(place.path, ["--config", config]);
  const bot = new Bot(place.file("b.sock"));
  bot.socket.write(line("register", "b_1", { version: "1.2.3" }));
  await until("it is known", async () => (await channelsOf(monitor)).length === 1);
  const stateOf = async () => {
    const { pid, status, status_since, status_cause, last_seen, version, restarts } = await get(
      monitor,
      "/api/v1/bots/b_1",
    );
    return { pid, status, status_since, status_cause, last_seen, version, restarts };
  };
  const before = await stateOf();
  const stranger = new Bot(place.file("a.sock"));
  const call = {
    pid: undefined,
    model: "planted-model",
    feature: "planted-feature",
    tokens_in: 1,
    tokens_out: 1,
    latency_ms: 1,
  };
  const metric = { pid: undefined, metric_name: "planted-metric", value: 1 };
  for (const channel of ["b_1", "b_9"])
    stranger.socket.write(
      line("register", channel, { version: "planted-version" }) +
        line("heartbeat", channel) +
        line("llm_usage", channel, call) +
        line("custom_metric", channel, metric) +
        line("unregister", channel),
    );
  stranger.socket.write(line("register", "a_1"));
  await until("its own is known", async () => (await channelsOf(monitor)).includes("a_1"));
  expect(await channelsOf(monitor)).toEqual(["a_1", "b_1"]);
  expect(await stateOf()).toEqual(before);
  expect(stranger.isClosed).toBe(false);
  expect(stranger.received).toBe(0);
  const { messages } = await get(monitor, "/healthz");
  expect(Object.values<{ unauthorized?: number }>(messages.shed).map((one) => one.unauthorized)).toEqual([
    2, 2, 2, 2, 2,
  ]);
  const { usage } = await get(monitor, "/api/v1/llm-usage?group_by=channel");
  expect(usage).toEqual([]);
  const { text: metrics } = await ask(`http://${monitor.at[1]}`, "/metrics", { headers: authorization });
  expect(metrics).toContain("kissbot_");
  for (const planted of ["planted", "b_9"]) expect(metrics).not.toContain(planted);
  bot.socket.destroy();
  stranger.socket.destroy();
}, 60_000);

test("without listeners nothing of them is to be seen: one socket, no label, no reason, no field in a log line, and no byte to a bot [users/U1]", async () => {
  const monitor = await startMonitor(place.path, ["--no-config", "--log-format", "json"]);
  const bot = new Bot(monitor.socketPath);
  bot.socket.write(`${line("register", "a")}${line("heartbeat", "a")}no message\n`);
  await until("it is known", async () => (await channelsOf(monitor)).length === 1);
  const files = readdirSync(place.path).filter((name) => name.includes(".sock"));
  expect(files.sort()).toEqual(["kb.sock", "kb.sock.control", "kb.sock.lock"]);
  const { text } = await ask(`http://${monitor.at[1]}`, "/metrics");
  expect(text).toContain('kissbot_messages_shed_total{type="register",reason="coalesced"} 0\n');
  for (const word of ["principal", "unauthorized", "over_quota"]) expect(text).not.toContain(word);
  const { messages, problems } = await get(monitor, "/healthz");
  expect(problems).toEqual([]);
  for (const shed of Object.values(messages.shed))
    expect(Object.keys(shed as object)).toEqual(["coalesced", "queue_full", "fleet_full", "too_many_pids"]);
  expect(await get(monitor, "/api/v1/principals")).toEqual({ principals: [] });
  expect([bot.received, bot.isClosed]).toEqual([0, false]);
  const ended = new Promise((resolve) => bot.socket.once("close", resolve));
  monitor.child.signal("SIGTERM");
  expect((await monitor.child.exited).code).toBe(0);
  await ended;
  expect(bot.received).toBe(0);
  expect(monitor.child.stderr).toContain("KissBot Monitor is running");
  for (const word of ["principal", "listener"]) expect(monitor.child.stderr).not.toContain(word);
}, 60_000);

/** A process of that user that connects, writes, and says what became of it. */
async function writeAs(uid: number, path: string, text: string): Promise<string> {
  const { stdout } = await Child.run(
    process.execPath,
    [
      "--eval",
      `const socket = require("node:net").connect(process.argv[1], () => socket.end(process.argv[2], () => console.log("sent")));
       socket.on("error", ({ code }) => console.log(code));`,
      path,
      text,
    ],
    { uid },
  );
  return stdout.trim();
}

test.skipIf(!isRoot)(
  "each user reaches the socket that is its own, and no other [users/U3]",
  async () => {
    const config = writeConfig(
      `http_token: ${token}`,
      "listeners:",
      listener("a", `owner: "${anna}"`, "mode: '0600'"),
      listener("b", `group: "${ben}"`, "mode: '0660'"),
    );
    chmodSync(place.path, 0o711);
    const monitor = await startMonitor(place.path, ["--config", config]);
    const [a, b] = [place.file("a.sock"), place.file("b.sock")];
    expect(await writeAs(anna, a, line("register", "a_1"))).toBe("sent");
    expect(await writeAs(ben, b, line("register", "b_1"))).toBe("sent");
    expect(await writeAs(anna, b, line("register", "b_2"))).toBe("EACCES");
    expect(await writeAs(ben, a, line("register", "a_2"))).toBe("EACCES");
    for (const uid of [anna, ben])
      expect(await writeAs(uid, monitor.socketPath, line("register", "local"))).toBe("EACCES");
    expect(await writeAs(anna, a, line("unregister", "b_1"))).toBe("sent");
    await until("both are known", async () => (await channelsOf(monitor)).length === 2);
    expect(await channelsOf(monitor)).toEqual(["a_1", "b_1"]);
    await until("what is not for it is shed", async () => {
      const { messages } = await get(monitor, "/healthz");
      return messages.shed.unregister.unauthorized === 1;
    });
    // Nobody who may connect may take the path away.
    await using thief = Child.node(["--eval", `require("node:fs").rmSync(process.argv[1])`, a], {
      uid: anna,
    });
    expect((await thief.exited).stderr).toContain("EACCES");
  },
  60_000,
);
