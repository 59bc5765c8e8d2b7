import { chmodSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { Child, lasting, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { ask } from "../http/ask.js";
import { type Monitor, startMonitor } from "./command.js";
import { place, writeConfig } from "./own-folder.js";

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
if (!isRoot) console.warn("not root: PRINCIPALS ARE NOT TESTED with other users in this run");

const token = "an-http-token-of-a-test";
const authorization = { authorization: `Bearer ${token}` };
/** Users that no file needs to know. */
const [anna, ben] = [54_321, 54_322];

async function get(monitor: Monitor, path: string) {
  const { body } = await ask(`http://${monitor.at[1]}`, path, { headers: authorization });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects.
  return body as any;
}

async function startWith(...listeners: readonly string[]): Promise<Monitor> {
  const config = writeConfig(`http_token: ${token}`, "listeners:", ...listeners);
  return await startMonitor(place.path, [
    "--config",
    config,
    "--queue-limit",
    "20000",
    "--metrics-interval",
    "1",
  ]);
}

const listener = (principal: string, ...keys: readonly string[]) =>
  `  - { principal: ${principal}, socket: ${place.file(principal)}.sock, channels: ["${principal}_*"]${keys.map((key) => `, ${key}`).join("")} }`;

const line = (type: string, channel: string, more: object = {}) =>
  `${JSON.stringify({ type, channel, ...more })}\n`;
const usage = (channel: string, n: number) =>
  line("llm_usage", channel, { model: "m", feature: "f", tokens_in: n, tokens_out: 0 });

function open(path: string): Socket {
  const socket = connect(path);
  socket.on("error", () => undefined);
  return socket;
}

const sumOf = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** Both sums of law 3, as one answer of the monitor tells them. */
async function accountOf(monitor: Monitor) {
  const { messages, lines, queue_depth } = await get(monitor, "/healthz");
  const shed = sumOf(
    Object.fromEntries(Object.entries(messages.shed).map(([type, by]) => [type, sumOf(by as never)])),
  );
  expect(sumOf(messages.processed) + queue_depth + shed).toBe(sumOf(messages.received));
  expect(sumOf(messages.received) + sumOf(lines.rejected) + lines.ignored).toBe(lines.lines);
  return { lines: lines.lines as number, messages };
}

test("both sums hold under a mix of allowed, unauthorized and over-quota messages, each exported by its reason [users/U2]", async () => {
  const monitor = await startWith(listener("a", "rows_per_second: 10", "max_bots: 3"), listener("b"));
  const sockets = [place.file("a.sock"), place.file("b.sock"), monitor.socketPath].map(open);
  let sent = 0;
  for (let round = 0; round < 20; round++) {
    for (const [i, socket] of sockets.entries()) {
      const own = ["a_1", "b_1", "c_1"][i] as string;
      const lines = [
        usage(own, round).repeat(10),
        usage("b_2", round),
        line("register", "a_9", { pid: 1 }),
        line("heartbeat", own, { pid: 1 }),
        line("register", `${own}${round}`, { pid: 1 }),
        line("custom_metric", own, { metric_name: "m", value: 1 }),
        "nonsense\n",
        line("later", own),
      ].join("");
      sent += 17;
      socket.write(lines);
    }
    await accountOf(monitor);
  }
  await until("every line is read", async () => (await accountOf(monitor)).lines === sent);
  const { messages } = await accountOf(monitor);
  // Of a: 20 rows of b_2, and of b the 20 registers of a_9.
  expect(messages.shed.llm_usage.unauthorized).toBe(20);
  expect(messages.shed.register.unauthorized).toBe(20);
  // A burst of 100, and 10 a second: of the 220 rows the others are shed.
  expect(messages.shed.llm_usage.over_quota + messages.shed.custom_metric.over_quota).toBeGreaterThan(20);
  expect(messages.shed.register.over_quota).toBeGreaterThan(10);
  const { text } = await ask(`http://${monitor.at[1]}`, "/metrics", { headers: authorization });
  expect(text).toContain('kissbot_principal_shed_total{principal="a",reason="unauthorized"} 20\n');
  expect(text).toContain('kissbot_principal_shed_total{principal="b",reason="unauthorized"} 20\n');
  expect(text).toContain('kissbot_principal_received_total{principal="local"} 300\n');
  expect(text).toMatch(/kissbot_messages_shed_total\{type="register",reason="over_quota"\} \d\d/);
  for (const socket of sockets) socket.destroy();
}, 60_000);

test("one bot more than max_bots is over quota, and another principal's next bot registers [users/U6]", async () => {
  const monitor = await startWith(listener("a", "max_bots: 2"), listener("b", "max_bots: 2"));
  const [a, b] = [open(place.file("a.sock")), open(place.file("b.sock"))];
  for (const n of [1, 2, 3]) a.write(line("register", `a_${n}`, { pid: n }));
  b.write(line("register", "b_1", { pid: 1 }));
  await until("b's bot is there", async () => {
    const { bots } = await get(monitor, "/api/v1/bots");
    return bots.some(({ channel }: { channel: string }) => channel === "b_1");
  });
  await until("one is over the quota", async () => {
    const { messages } = await accountOf(monitor);
    return messages.shed.register.over_quota === 1;
  });
  const { bots } = await get(monitor, "/api/v1/bots");
  const of = (name: string) =>
    bots.filter(({ principal }: { principal: string }) => principal === name).length;
  expect([of("a"), of("b")]).toEqual([2, 1]);
  a.destroy();
  b.destroy();
}, 60_000);

/** A process of that user that lives until it is killed. */
async function sleeperOf(uid: number): Promise<Child> {
  const child = new Child(process.execPath, ["--eval", `console.log("on"); setInterval(() => {}, 1e6);`], {
    uid,
  });
  await child.prints("on");
  return child;
}

test.skipIf(!isRoot)(
  "a principal cannot change, measure or end another's bot, whatever it sends [users/U4]",
  async () => {
    const own = (uid: number) => ["processes: own", `uid: ${uid}`];
    const monitor = await startWith(listener("a", ...own(anna)), listener("b", ...own(ben)));
    chmodSync(place.path, 0o711);
    const [a, b] = [open(place.file("a.sock")), open(place.file("b.sock"))];
    const ofBen = await sleeperOf(ben);
    const ofAnna = await sleeperOf(anna);
    b.write(line("register", "b_1", { pid: ofBen.pid }));
    a.write(line("register", "a_own", { pid: ofAnna.pid }));
    const bot = (channel: string) => get(monitor, `/api/v1/bots/${channel}`);
    await until("each is seen by its own listener", async () => {
      const { bots } = await get(monitor, "/api/v1/bots");
      return bots.length === 2 && bots.every((one: { process_seen: boolean }) => one.process_seen);
    });
    const changing = [
      "last_seen",
      "cpu_pct",
      "rss_mb",
      "measured_at",
      "last_cpu_pct",
      "last_rss_mb",
      "uptime_s",
    ];
    const steady = async () => {
      const fields = Object.entries(await bot("b_1")).filter(([name]) => !changing.includes(name));
      return Object.fromEntries(fields);
    };
    const before = await steady();
    for (const channel of ["b_1", "a_thief"]) {
      for (const type of ["register", "heartbeat"])
        a.write(line(type, channel, { pid: ofBen.pid, rss_mb: 1, cpu_pct: 1, trouble: "planted" }));
    }
    a.write(line("unregister", "b_1", { pid: ofBen.pid }));
    await until("the thief's own bot is there", async () => (await bot("a_thief")).pid === ofBen.pid);
    // Several rounds of the sampler.
    const { measured_at } = await bot("b_1");
    let seen = measured_at;
    for (let rounds = 0; rounds < 3; rounds++) {
      await until("another look", async () => (await bot("b_1")).measured_at !== seen);
      seen = (await bot("b_1")).measured_at;
    }
    expect((await bot("a_thief")).process_seen).toBe(false);
    expect(await steady()).toEqual(before);
    await ofBen.kill();
    await until("its own monitor finds it dead", async () => (await bot("b_1")).status === "dead");
    expect(await bot("a_thief")).toMatchObject({ status: "online", process_seen: false });
    a.destroy();
    b.destroy();
  },
  60_000,
);

/** Writes rows of one principal as fast as the kernel takes them, until it is killed. */
async function flood(path: string): Promise<Child> {
  const program = `
    const row = ${JSON.stringify(usage("a_1", 1))}.repeat(500);
    const socket = require("node:net").connect(process.argv[1], () => console.log("on"));
    socket.on("error", () => process.exit());
    const write = () => { while (socket.write(row)); };
    socket.on("drain", write);
    socket.on("connect", write);`;
  const child = Child.node(["--eval", program, path]);
  await child.prints("on");
  return child;
}

test.each(["as it is", "while the store is locked"])(
  "another's flood sheds none of a principal's rows and hides no beat, %s [users/U5]",
  async (how) => {
    const monitor = await startWith(listener("a"), listener("b"));
    const b = open(place.file("b.sock"));
    b.write(line("register", "b_1", { pid: 1 }));
    await until("b is known", async () => (await get(monitor, "/api/v1/bots")).bots.length === 1);
    const lock = fileURLToPath(new URL("../../../store/test/lock-holder.mjs", import.meta.url));
    const holder = how === "as it is" ? null : Child.node([lock, monitor.store, "write"], { stdin: true });
    await holder?.prints("held");
    await using _flood = await flood(place.file("a.sock"));
    await until(
      "the flood is shed",
      async () => (await accountOf(monitor)).messages.shed.llm_usage.queue_full > 1_000,
      { timeoutMs: 60_000 },
    );
    const waits: number[] = [];
    for (let beat = 1; beat <= 20; beat++) {
      for (let n = 0; n < 50; n++) b.write(usage("b_1", n));
      b.write(line("heartbeat", "b_1", { pid: 1, rss_mb: beat, cpu_pct: 1 }));
      const startMs = performance.now();
      await until("the beat is shown", async () => (await get(monitor, "/api/v1/bots/b_1")).rss_mb === beat);
      waits.push(performance.now() - startMs);
      await lasting("between two beats", 20);
    }
    await accountOf(monitor);
    const { text } = await ask(`http://${monitor.at[1]}`, "/metrics", { headers: authorization });
    expect(text).toContain('kissbot_principal_shed_total{principal="b",reason="queue_full"} 0\n');
    expect(text).toMatch(/kissbot_principal_shed_total\{principal="a",reason="queue_full"\} [1-9]\d{3,}\n/);
    // The bound itself is measured on a quiet machine, by `pnpm bench users`.
    expect(waits.sort((one, other) => one - other)[10]).toBeLessThan(1_000);
    b.destroy();
  },
  120_000,
);
