import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Child, lasting, until } from "@kissbot/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { Place } from "./place.js";

const botFile = fileURLToPath(new URL("children/bot.mjs", import.meta.url));
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

/** Resolves with its pid as the bot itself knows it, once its lines are written. */
async function startBot(command: readonly string[], args: readonly string[]): Promise<number> {
  const [program = "", ...rest] = [...command, process.execPath, botFile, ...args];
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "ignore"] });
  started.push(child);
  const [line] = (await once(child.stdout as NonNullable<ChildProcess["stdout"]>, "data")) as [Buffer];
  return Number(line.toString());
}

test("a bot that dies within an instant of its registration is dead within seconds, not green for a minute [trial/O2]", async () => {
  await using place = new Place();
  const monitor = await place.start({ metricsIntervalMs: 3_600_000 });
  const bots = ["0", "5", "20", "300"];
  await Promise.all(bots.map((ms) => startBot([], [place.socketPath, `bot-${ms}`, "die", ms])));
  await until("all of them are dead", () => monitor.daemon.health().bots.dead === bots.length, {
    timeoutMs: 20_000,
  });
  for (const ms of bots) {
    expect(await monitor.get(`/api/v1/bots/bot-${ms}`)).toMatchObject({
      status: "dead",
      cause_code: "process_gone",
      rss_mb: null,
      restarts: 1,
    });
  }
});

test("the death of a bot that was seen is told by the end of its connection, not by the next round of sampling [trial/O15]", async () => {
  await using place = new Place();
  const monitor = await place.start({ metricsIntervalMs: 3_600_000 });
  await using child = new Child(process.execPath, [botFile, place.socketPath, "a", "die", "600000"]);
  await until("its process is seen", async () => (await monitor.get("/api/v1/bots/a")).process_seen === true);
  const killedAtMs = Date.now();
  await child.kill();
  await until("it is dead", () => monitor.daemon.health().bots.dead === 1);
  const deaths = async () => (await monitor.get("/api/v1/events?status=dead")).events;
  await until("it is stored", async () => (await deaths()).length === 1);
  const events = await deaths();
  expect(events).toMatchObject([{ channel: "a", pid: child.pid, cause_code: "process_gone" }]);
  expect(Date.parse(events[0].ts) - killedAtMs).toBeLessThan(5_000);
});

test("a death that is seen before its last words are read is told in them, by the history as by the bot [trial/B4]", async () => {
  await using place = new Place();
  const monitor = await place.start({ metricsIntervalMs: 20 });
  const lives = 5;
  for (let life = 0; life < lives; life++) {
    await using child = new Child("sleep", ["600"]);
    const bot = await place.connect();
    const line = { channel: `a${life}`, pid: child.pid };
    bot.send({ type: "register", ...line }, { type: "heartbeat", ...line, interval_s: 30 });
    const path = `/api/v1/bots/a${life}`;
    await until("its process is seen", async () => (await monitor.get(path)).process_seen === true);
    const started_at = Date.parse((await monitor.get(path)).started_at);
    bot.send({ type: "heartbeat", ...line, started_at });
    await until("its start is heard", () => {
      return monitor.daemon.health().messages.processed["heartbeat"] === 2 + 3 * life;
    });
    await child.kill();
    await lasting("some rounds of sampling", 100);
    bot.send({ type: "heartbeat", ...line, started_at, trouble: `exit ${life}: Fault at bot.js:1` });
    bot.end();
    await until("it is dead", () => monitor.daemon.health().bots.dead === life + 1);
    expect((await monitor.get(path)).status_cause).toBe(`exit ${life}: Fault at bot.js:1`);
  }
  const causes = async () =>
    (await monitor.get("/api/v1/events?status=dead")).events.map(({ cause }: { cause: string }) => cause);
  await until("all of them are stored", async () => (await causes()).length === lives);
  expect(await causes()).toEqual([4, 3, 2, 1, 0].map((life) => `exit ${life}: Fault at bot.js:1`));
});

test("a bot that closes its connection and lives on is not dead [trial/O2]", async () => {
  await using place = new Place();
  const monitor = await place.start();
  const pid = await startBot([], [place.socketPath, "a", "close", "50"]);
  await until("its process is seen", async () => (await monitor.get("/api/v1/bots/a")).process_seen === true);
  await lasting("the looks after the end of its connection", 6_000);
  expect(await monitor.get("/api/v1/bots/a")).toMatchObject({ status: "online", pid, restarts: 0 });
}, 30_000);

const namespace = ["unshare", "--pid", "--fork", "--kill-child"];
/** A command that runs its arguments under that pid, in a namespace with a /proc of its own. */
const withPid = (pid: number) => `echo ${pid - 1} > /proc/sys/kernel/ns_last_pid; "$@" & wait`;
const isRoot = process.platform === "linux" && process.getuid?.() === 0;
const hasNamespaces = isRoot && spawnSync("unshare", [...namespace.slice(1), "true"]).status === 0;

test.runIf(process.env["CI"] === "true")(
  "this machine can make pid namespaces, which the tests below need",
  () => {
    expect(hasNamespaces).toBe(true);
  },
);

describe.runIf(hasNamespaces)(
  "in a pid namespace of its own, as in a container, where its pid is a stranger's here",
  () => {
    test("a bot is never dead by absence: it is judged by its beats [trial/O2]", async () => {
      await using place = new Place();
      const monitor = await place.start({ metricsIntervalMs: 500 });
      const pid = await startBot(namespace, [place.socketPath, "silent", "close", "1500"]);
      expect(pid).toBeLessThan(100);
      await lasting("the looks after the end of its connection", 8_000);
      expect(await monitor.get("/api/v1/bots/silent")).toMatchObject({
        status: "online",
        process_seen: false,
        restarts: 0,
      });
    }, 30_000);

    test("a bot that two deploys run at once did not crash, and one that is restarted after its end did [trial/O1]", async () => {
      await using place = new Place();
      const monitor = await place.start();
      const args = (...act: string[]) => [place.socketPath, "a", ...act];
      await startBot(namespace, args("die", "600000"));
      await until("it is known", () => monitor.daemon.health().bots.online === 1);
      await until(
        "both its lines are heard",
        () => monitor.daemon.health().messages.processed["heartbeat"] === 1,
      );
      await lasting("a later start", 2_500);
      await startBot(namespace, args("die", "600000"));
      await until("the second is heard", () => monitor.daemon.health().messages.processed["heartbeat"] === 2);
      const second = await monitor.get("/api/v1/bots/a");
      expect(second).toMatchObject({ status: "online", restarts: 0 });
      for (const child of started.splice(0)) child.kill("SIGKILL");
      await until("both are gone", () => monitor.daemon.health().connections === 0);
      // Within 100 ms it would count as the same start; a quick machine takes less.
      await until("a start that is another one", () => Date.now() > Date.parse(second.started_at) + 150);
      await startBot(namespace, args("die", "600000"));
      await until("the crash is told", async () => (await monitor.get("/api/v1/bots/a")).restarts === 1);
      await until("it is stored", async () => {
        const { events } = await monitor.get("/api/v1/events?cause=process_gone");
        return events.length === 1;
      });
    }, 60_000);

    test("a bot that told no start outlives a restart of the monitor in which the stranger with its pid ended, and keeps its own figures [server/F11]", async () => {
      await using place = new Place();
      await using stranger = new Child("sleep", ["600"]);
      const before = await place.start({ metricsIntervalMs: 500 });
      const pid = await startBot(
        [...namespace, "--mount-proc", "sh", "-c", withPid(stranger.pid), "sh"],
        [place.socketPath, "a", "beat", "500", "none"],
      );
      expect(pid).toBe(stranger.pid);
      await until("the stranger is taken for it, by its pid", async () => {
        return (await before.get("/api/v1/bots/a")).process_seen === true;
      });
      await before.daemon.stop();
      await stranger.kill();
      const monitor = await place.start({ metricsIntervalMs: 500 });
      await until(
        "it is heard again",
        () => (monitor.daemon.health().messages.processed["heartbeat"] ?? 0) > 6,
        {
          timeoutMs: 20_000,
        },
      );
      expect(await monitor.get("/api/v1/bots/a")).toMatchObject({
        status: "online",
        restarts: 0,
        rss_mb: 20,
      });
      expect((await monitor.get("/api/v1/events?status=dead")).events).toEqual([]);
    }, 60_000);

    test("a bot that is restarted at once under the same pid tells each of its ends [trial/O1][server/F13]", async () => {
      await using place = new Place();
      const monitor = await place.start({ metricsIntervalMs: 3_600_000 });
      const lives = 4;
      for (let life = 1; life <= lives; life++) {
        await startBot(namespace, [place.socketPath, "a", "die", "200"]);
        await until("its lines are heard", () => {
          const { processed } = monitor.daemon.health().messages;
          return processed["register"] === life && monitor.daemon.health().connections === 0;
        });
      }
      await startBot(namespace, [place.socketPath, "a", "die", "600000"]);
      await until(
        "every crash is told",
        async () => (await monitor.get("/api/v1/bots/a")).restarts === lives,
      );
      expect(await monitor.get("/api/v1/bots/a")).toMatchObject({
        pid: 1,
        status: "online",
        crash_loop: true,
      });
    }, 60_000);
  },
);
