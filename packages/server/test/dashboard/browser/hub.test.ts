import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { killChildren, PostgresServer, TemporaryFolder, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { startCommand, startMonitor } from "../../cli/command.js";
import { browserPath, TestBrowser } from "./browser.js";

const browser = TestBrowser.forFile();
const patient = { timeoutMs: 90_000 };

/** A bot of this process, on a connection that stays. */
async function report(socketPath: string, channel: string): Promise<void> {
  const socket = connect(socketPath).on("error", () => undefined);
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  socket.write(`${JSON.stringify({ type: "register", channel, pid: process.pid })}\n`);
  socket.unref();
}

describe.skipIf(browserPath === null || PostgresServer.missing("newest") !== null)(
  "two monitors and a hub",
  () => {
    test("are one fleet on the page; the bots of one that is killed are unknown, never dead [fleet/R15] [fleet/R26]", async () => {
      await using server = await PostgresServer.start();
      using folder = new TemporaryFolder("hub");
      const passwords = folder.file("password");
      writeFileSync(passwords, `${server.password}\n`, { mode: 0o600 });
      const flags = ["--fleet", server.url(), "--fleet-password-file", passwords];
      using first = new TemporaryFolder("first");
      using second = new TemporaryFolder("second");
      const started = async (place: TemporaryFolder, name: string) => {
        const own = ["--name", name, "--stale-timeout", "1h", "--no-fleet-lead"];
        const monitor = await startMonitor(place.path, [...own, ...flags]);
        await report(monitor.socketPath, `bot_of_${name}`);
        return monitor;
      };
      try {
        const killed = await started(first, "first");
        await started(second, "second");
        const args = ["hub", "--json", "--http", "0", "--name", "the hub", ...flags];
        const hub = startCommand(args, { folder: folder.path });
        await hub.prints("\n}\n", 60_000);
        const { http } = JSON.parse(hub.stdout) as { http: string };
        const tab = await browser.open(`${http}/`);
        const rowOf = async (name: string) =>
          (await tab.texts("tr")).find((text) => text.startsWith(name)) ?? "no such row";
        const isShown = async (name: string, word: string) => (await rowOf(name)).includes(word);
        for (const name of ["first", "second"])
          await until(`${name} is shown`, () => isShown(`bot_of_${name}`, "online"), patient);
        expect(await rowOf("first")).toContain("up");
        const isNamed = async () => (await tab.text("body")).includes("The hub the hub leads.");
        await until("who leads is shown", isNamed, patient);
        expect(await tab.text("body")).not.toContain("send heartbeat");
        expect(await tab.wrongLooks()).toEqual([]);
        killed.child.signal("SIGKILL");
        const seen = new Set<string>();
        await until(
          "the bot is unknown",
          async () => {
            const { bots } = (await (await fetch(`${http}/api/v1/bots`)).json()) as {
              bots: { channel: string; status: string }[];
            };
            for (const { channel, status } of bots) seen.add(`${channel} ${status}`);
            return await isShown("bot_of_first", "unknown");
          },
          patient,
        );
        expect([...seen].sort()).toEqual([
          "bot_of_first online",
          "bot_of_first unknown",
          "bot_of_second online",
        ]);
        expect(await rowOf("first")).toContain("silent: its monitor or its network is down");
        expect(await rowOf("bot_of_first")).not.toContain("dead");
        expect(await rowOf("bot_of_second")).toContain("online");
        expect(await tab.wrongLooks()).toEqual([]);
        await tab.page.goto(`${http}/#/events`);
        const isSaid = async () => (await tab.text("body")).includes("A hub has none here");
        await until("where the events are is said", isSaid, patient);
        expect(await tab.wrongLooks()).toEqual([]);
        hub.signal("SIGTERM");
        tab.expectOutage();
        expect(await hub.exited).toMatchObject({ code: 0 });
      } finally {
        await killChildren();
      }
    }, 240_000);
  },
);
