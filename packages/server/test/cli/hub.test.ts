import { readdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { PostgresServer, until } from "@kissbot/testkit";
import { describe, expect, test, vi } from "vitest";
import { runCommand, startCommand } from "./command.js";
import { folder, place } from "./own-folder.js";
import { run } from "./program-run.js";
import { hasTerminals, PseudoTerminal } from "./pseudo-terminal.js";

vi.setConfig({ testTimeout: 120_000 });

const nowhere = "postgres://kissbot@127.0.0.1:1/bots";

/** A server that takes connections and never says a word. */
async function mute(): Promise<{ readonly url: string; readonly close: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgres://kissbot@127.0.0.1:${port}/bots`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe("a hub refuses at once", () => {
  test.each([
    ["no database", [], /no fleet database is set: give --fleet/],
    ["a URL that is none", ["--fleet", "mysql://a@b/c"], /--fleet: expected postgres:/],
    ["a password that others can read", ["--fleet", "postgres://a:b@c/d"], /every user of this machine/],
    ["nothing to do", ["--fleet", nowhere, "--no-http", "--no-fleet-lead"], /would do nothing/],
    ["what only a monitor has", ["--fleet", nowhere, "--store", "a.db"], /unknown option '--store'/],
    ["a port for all without a token", ["--fleet", nowhere, "--http", "0.0.0.0:0"], /needs a token/],
  ])("%s", async (_what, args, said) => {
    expect(await run(["hub", ...args])).toMatchObject({ code: 2, stderr: expect.stringMatching(said) });
  });
});

test("a hub whose database does not answer serves all the same, leaves no file, and ends with SIGTERM", async () => {
  const database = await mute();
  const args = ["hub", "--json", "--http", "0", "--fleet", database.url];
  const child = startCommand(args, { folder, env: { KISSBOT_MONITOR_FLEET_LEAD: "on" } });
  await child.prints("\n}\n", 60_000);
  const started = JSON.parse(child.stdout);
  expect(started).toMatchObject({
    http: expect.stringMatching(/^http:/),
    fleet: { url: database.url, open: false, hosts: 0 },
  });
  interface Health {
    readonly fleet: { readonly status: string };
  }
  const health = async () => (await (await fetch(`${started.http}/healthz`)).json()) as Health;
  // That nobody watches the hosts may be known before the database is given up.
  await until("it says so", async () => (await health()).fleet.status === "away", { timeoutMs: 60_000 });
  expect(await health()).toMatchObject({
    status: "degraded",
    problems: [{ code: "fleet_away" }],
    socket: null,
    fleet: { status: "away" },
  });
  const at = ["--http", started.http.replace("http://", "")];
  const status = await run(["status", ...at]);
  expect(status.code).toBe(1);
  expect(status.stdout).toContain("fleet_away");
  expect(status.stdout).not.toContain("Socket ");
  expect(readdirSync(folder)).toEqual([]);
  child.signal("SIGTERM");
  expect(await child.exited).toMatchObject({ code: 0, signal: null });
  database.close();
});

test("a port that is taken ends a hub with a sentence", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as AddressInfo;
  const { code, stderr } = await runCommand(["hub", "--http", `${port}`, "--fleet", nowhere], { folder });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: .*port/m);
  expect(stderr).not.toMatch(/^ {4}at /m);
  taken.close();
});

describe.skipIf(!hasTerminals || PostgresServer.missing("newest") !== null)("on a terminal", () => {
  test("a hub says where it is, whose hosts it shows, and what it watches", async () => {
    await using server = await PostgresServer.start();
    const passwords = place.file("password");
    writeFileSync(passwords, `${server.password}\n`, { mode: 0o600 });
    const flags = ["--fleet", server.url(), "--fleet-password-file", passwords];
    expect(await runCommand(["hosts", "migrate", ...flags], { folder })).toMatchObject({ code: 0 });
    const args = ["hub", "--http", "0", ...flags];
    await using terminal = new PseudoTerminal(args, folder, { env: { NO_COLOR: "1" } });
    const { child } = terminal;
    await child.prints("Ctrl-C stops it", 60_000);
    const screen = child.stdout.replaceAll("\r\n", "\n");
    expect(screen).toMatch(
      /^KissBot Monitor is running as a hub\.\n\n {2}HTTP {14}http:\/\/127\.0\.0\.1:\d+\n/m,
    );
    expect(screen).toContain(`  Fleet database    ${server.url()}\n                    0 hosts known\n`);
    expect(screen).toContain("  Silent hosts      watched, whenever no monitor does\n");
    expect(screen).toContain("  Alerts            no receiver yet");
    expect(screen).not.toContain(server.password);
    child.write("\u0003");
    expect(await child.exited).toMatchObject({ code: 0 });
  });
});
