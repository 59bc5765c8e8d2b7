import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { Child, killChildren, TemporaryFolder, until } from "@kissbot/testkit";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runCommand, startCommand } from "./command.js";

// Each test starts processes, and other tests may keep the machine busy.
vi.setConfig({ testTimeout: 120_000 });

let place: TemporaryFolder;
/** The monitor's working directory, another folder, and the user's runtime directory. */
let home = "";
let elsewhere = "";
let runtime = "";
beforeEach(() => {
  place = new TemporaryFolder("places");
  [home = "", elsewhere = "", runtime = ""] = ["home", "elsewhere", "runtime"].map((name) => {
    mkdirSync(place.file(name));
    return place.file(name);
  });
});
afterEach(async () => {
  await killChildren();
  place[Symbol.dispose]();
});

/**
 * Looks for state files, which children of tests do not, so that none is led to another test's
 * monitor.
 */
const env = () => ({ XDG_RUNTIME_DIR: runtime, KISSBOT_MONITOR_STATE_FILE: "" });
const stateFile = () => join(runtime, "kissbot", "monitor.json");

async function start(args: readonly string[], folder = home, more: Record<string, string> = {}) {
  const child = startCommand(["start", "--json", "--http", "0", ...args], {
    folder,
    env: { ...env(), ...more },
  });
  await child.prints("\n}\n", 60_000);
  return { child, report: JSON.parse(child.stdout) };
}

const there = (...args: string[]) => runCommand(args, { folder: elsewhere, env: env() });

test("commands in another folder find the socket and the database of the monitor that runs, and say so [trial/O4]", async () => {
  const { child, report } = await start(["--socket", join(home, "monitor.sock")]);
  const [socket, store] = [join(home, "monitor.sock"), join(home, "kissbot_monitor.db")];
  const from = `from the running monitor's state file ${stateFile()}`;
  expect(report).toMatchObject({ socketPath: socket, store: { url: store }, stateFile: stateFile() });

  const doctor = await there("doctor");
  expect(doctor).toMatchObject({ code: 0, stderr: "" });
  expect(doctor.stdout).toContain(`${socket} (${from})`);
  expect(doctor.stdout).toContain(`${store} (${from})`);
  expect(doctor.stdout).toContain(`(${from})\nok    system`);
  expect(doctor.stdout).toContain("the bot kissbot-doctor came, was seen");
  expect(JSON.parse((await there("doctor", "--json")).stdout).places).toEqual({
    socket: { place: socket, from: { kind: "state_file", name: stateFile() } },
    store: { place: store, from: { kind: "state_file", name: stateFile() } },
    http: { place: report.http.replace("http://", ""), from: { kind: "state_file", name: stateFile() } },
  });

  const backup = await there("backup", "copy.db");
  expect(backup).toMatchObject({ code: 0, stderr: `Database ${store} (${from})\n` });
  expect(backup.stdout).toContain(`Copied ${store} to ${join(elsewhere, "copy.db")}`);

  const exported = await there("export", "usage", "--format", "csv");
  expect(exported).toMatchObject({ code: 0, stderr: `Database ${store} (${from})\n` });

  const sent = await there("send", "heartbeat", "--channel", "checklist", "--pid", `${process.pid}`);
  expect(sent).toMatchObject({ code: 0, stderr: `Socket ${socket} (${from})\n` });

  const usage = await there("usage");
  expect(usage).toMatchObject({ code: 0, stderr: `Monitor ${report.http} (${from})\n` });
  const bots = await there("bots", "--json");
  expect(JSON.parse(bots.stdout).source).toEqual({
    kind: "monitor",
    url: report.http,
    from: { kind: "state_file", name: stateFile() },
  });

  const status = await there("status");
  expect(status.stdout).toContain(`Socket    ${socket}: `);
  expect(status.stdout).toContain(`Store     ${store}: `);
  const health = (await (await fetch(`${report.http}/healthz`)).json()) as { socket: string; store: object };
  expect(health).toMatchObject({ socket, store: { url: store } });

  const restore = await there("restore", "copy.db");
  expect(restore).toMatchObject({ code: 1 });
  expect(restore.stderr).toContain(`another monitor (pid ${child.pid}) uses the database ${store}`);

  child.signal("SIGTERM");
  expect((await child.exited).code).toBe(0);
  expect(existsSync(stateFile()), "a clean stop takes it away").toBe(false);
  // Another monitor of this user may run on this machine.
  expect((await there("backup", "later.db")).stderr).not.toContain(home);
});

test("a token never stands in the state file, and the log has whole paths [trial/O4]", async () => {
  const child = startCommand(["start", "--http", "0", "--socket", "kb.sock", "--store", "sqlite:kb.db"], {
    folder: home,
    env: { ...env(), KISSBOT_MONITOR_HTTP_TOKEN: "s3cret-of-mine" },
  });
  await until("it runs", () => child.stderr.includes("is running"));
  expect(child.stderr).toContain(`"database":"${join(home, "kb.db")}"`);
  expect(child.stderr).not.toContain("s3cret");
  expect(readFileSync(stateFile(), "utf8")).not.toContain("s3cret");
  expect(statSync(stateFile()).mode & 0o777).toBe(0o644);
});

test("after kill -9 the file is ignored, with the reason; the next monitor takes it over [trial/O4]", async () => {
  const { child } = await start(["--socket", join(home, "monitor.sock")]);
  child.signal("SIGKILL");
  await child.exited;
  const alone = await there("backup", "copy.db");
  expect(alone.stderr).toContain(
    `The state file ${stateFile()} is ignored: its monitor (pid ${child.pid}) is gone; its database was ${join(home, "kissbot_monitor.db")}.`,
  );
  const next = await start(["--socket", join(home, "monitor.sock")]);
  expect(next.report.stateFile).toBe(stateFile());
  expect((await there("backup", "copy.db")).code).toBe(0);
});

test("of two monitors the first is meant, and one place that is given says which [trial/O4]", async () => {
  const other = place.file("other");
  mkdirSync(other);
  await start(["--socket", join(home, "a.sock"), "--name", "first"]);
  const before = readFileSync(stateFile(), "utf8");
  const second = await start(["--socket", "b.sock", "--name", "second"], other);
  expect(readFileSync(stateFile(), "utf8")).toBe(before);
  expect(second.report.stateFile).toBe(join(runtime, "kissbot", "monitor-2.json"));

  const backup = await there("backup", "copy.db");
  expect(backup.stdout).toContain(`Copied ${join(home, "kissbot_monitor.db")}`);
  expect(backup.stderr).toContain(`2 monitors run: ${stateFile()} (first, pid `);
  expect(backup.stderr).toContain("choose another with --state-file");
  const chosen = await there("backup", "copy.db", "--state-file", second.report.stateFile);
  expect(chosen.stdout).toContain(`Copied ${join(other, "kissbot_monitor.db")}`);

  const doctor = JSON.parse((await there("doctor", "--json", "--socket", join(other, "b.sock"))).stdout);
  expect(doctor.places.store.place).toBe(join(other, "kissbot_monitor.db"));
  expect(doctor.ok).toBe(true);
});

test("flag, variable and config file go before the state file, and off leaves none [trial/O4]", async () => {
  await start(["--socket", join(home, "monitor.sock")]);
  writeFileSync(join(elsewhere, "own.yaml"), "monitoring:\n  store: own.db\n");
  const own = join(elsewhere, "own.db");
  for (const [args, more, from] of [
    [["--store", "own.db"], {}, ""],
    [[], { KISSBOT_MONITOR_STORE: "own.db" }, "from KISSBOT_MONITOR_STORE"],
    [["--config", "own.yaml"], {}, "from own.yaml:2:3 monitoring.store"],
  ] as const) {
    const { code, stderr } = await runCommand(["backup", "copy.db", ...args], {
      folder: elsewhere,
      env: { ...env(), ...more },
    });
    expect(code).toBe(1);
    expect(stderr).toContain(`${own} does not exist`);
    expect(stderr).toContain(from === "" ? "" : `Database ${own} (${from})`);
  }
  const empty = { ...env(), KISSBOT_MONITOR_STORE: "", KISSBOT_MONITOR_STATE_FILE: "" };
  expect((await runCommand(["backup", "copy.db"], { folder: elsewhere, env: empty })).code).toBe(0);
  const off = await there("backup", "copy.db", "--state-file", "off");
  expect(off.stderr).toContain(`Database ${join(elsewhere, "kissbot_monitor.db")} (the default)`);
});

test("a relative path of the config file begins where the monitor was started with it [trial/O4]", async () => {
  const config = join(home, "monitor.yaml");
  writeFileSync(config, "monitoring:\n  store: data.db\n  socket: kb.sock\n");
  const { report } = await start(["--config", config]);
  expect(report).toMatchObject({ configFile: config, store: { url: join(home, "data.db") } });
  const backup = await there("backup", "copy.db", "--config", config);
  expect(backup.stdout).toContain(`Copied ${join(home, "data.db")}`);
  const sent = await there("send", "heartbeat", "--channel", "c", "--pid", "1", "--config", config);
  expect(sent.code).toBe(0);
});

const hasActivate = spawnSync("systemd-socket-activate", ["--version"]).status === 0;
if (!hasActivate)
  console.warn("places.test.ts: SKIPPED a socket of systemd (systemd-socket-activate is missing)");

test.skipIf(!hasActivate)(
  "where the socket unit and --socket differ, a warning names both, and commands find the unit's [trial/O4]",
  async () => {
    symlinkSync(home, place.file("link"));
    for (const [named, isOther] of [
      [place.file("link", "unit.sock"), false],
      [join(home, "other.sock"), true],
    ] as const) {
      const unit = join(home, "unit.sock");
      const shell = `exec systemd-socket-activate --listen ${unit} -E XDG_RUNTIME_DIR=${runtime} "$@"`;
      const args = ["start", "--http", "0", "--socket", named];
      await using child = startCommand(args, { folder: home, shell, env: env() });
      await until("the socket", () => existsSync(unit));
      await until("it runs", () => {
        if (child.stderr.includes("is running")) return existsSync(stateFile());
        // The file stands a moment before anybody listens on it, so one knock may be in vain.
        connect(unit)
          .on("error", () => {})
          .end();
        return false;
      });
      expect(child.stderr).toContain(`"socket":"${unit}"`);
      const sent = await there("send", "heartbeat", "--channel", "c", "--pid", "1");
      expect(sent).toMatchObject({ code: 0, stdout: expect.stringContaining(`Sent to ${unit}`) });
      child.signal("SIGTERM");
      const { code, stderr } = await child.exited;
      expect(code).toBe(0);
      const warning = `the socket unit listens on ${unit}, but --socket names ${named}`;
      expect(stderr.includes(warning), stderr).toBe(isOther);
      rmSync(unit, { force: true });
    }
  },
);

const canUnshare = process.platform === "linux" && process.geteuid?.() === 0;
if (!canUnshare)
  console.warn("places.test.ts: SKIPPED what needs a /run of its own (it takes Linux and root)");

describe.skipIf(!canUnshare)("in the service's folder /run/kissbot", () => {
  const nobody = 65_534;

  /** Runs a shell line where `/run` and `/etc/kissbot` are its own. */
  const inOwnRun = (line: string) =>
    new Child("unshare", ["--mount", "/bin/sh", "-c", `mount -t tmpfs -o mode=755 tmpfs /run && ${line}`], {
      folder: elsewhere,
      env: { KISSBOT_MONITOR_STATE_FILE: "" },
      group: true,
      limitMs: 90_000,
    }).exited;

  test("a monitor of its own user is found by root and by others [trial/O4]", async () => {
    for (const folder of [place.path, home, elsewhere]) chmodSync(folder, 0o755);
    chownSync(home, nobody, nobody);
    const command = join(process.cwd(), "packages", "server", "dist", "main.js");
    const script = existsSync(command) ? command : join(process.cwd(), "dist", "main.js");
    const as = (uid: number) => `setpriv --reuid ${uid} --regid ${uid} --clear-groups`;
    const line = `
      mkdir /run/kissbot && chown ${nobody} /run/kissbot
      (cd ${home} && exec ${as(nobody)} node ${script} start --http 0 --socket ${home}/monitor.sock --socket-mode 0777 2>${home}/log) &
      monitor=$!
      for i in $(seq 400); do test -s /run/kissbot/monitor.json && break; sleep 0.1; done
      cd ${elsewhere}
      echo "== root"; node ${script} send heartbeat --channel a --pid 1 2>&1
      node ${script} backup root.db 2>&1
      mkdir -p h/.config/kissbot && echo nothing >h/.config/kissbot/monitor.yaml && chmod 600 h/.config/kissbot/monitor.yaml
      echo "== restore"; node ${script} restore root.db 2>&1
      chmod 600 /run/kissbot/monitor.json; echo "== hidden"; ${as(4242)} node ${script} backup hidden.db 2>&1; chmod 644 /run/kissbot/monitor.json
      echo "== other"; HOME=${elsewhere}/h ${as(4242)} node ${script} send heartbeat --channel b --pid 1 2>&1
      echo "== forget"; ${as(4242)} node ${script} forget a 2>&1; node ${script} forget a 2>&1
      echo "== end"; kill -TERM $monitor; wait $monitor
      test -e /run/kissbot/monitor.json || echo "no state file is left"
      echo "== closed"; XDG_RUNTIME_DIR=/root ${as(4242)} node ${script} backup closed.db 2>&1
    `;
    const { stdout, stderr } = await inOwnRun(line);
    const from = "from the running monitor's state file /run/kissbot/monitor.json";
    const [, root = "", restore = "", hidden = "", other = "", forget = "", rest = "", closed = ""] =
      stdout.split(/^== .*$/m);
    const told = `${stdout}\n${stderr}\n${readFileSync(join(home, "log"), "utf8")}`;
    expect(root, told).toContain(`Socket ${home}/monitor.sock (${from})`);
    expect(root).toContain(`Database ${home}/kissbot_monitor.db (${from})`);
    expect(root).toContain(`Copied ${home}/kissbot_monitor.db`);
    expect(restore, "what root replaces is not chosen by the monitor's user").toContain(
      `Nothing was restored: that this is the database says only user ${nobody}: name it with --store`,
    );
    expect(hidden).toContain(
      "The state file /run/kissbot/monitor.json is ignored: this user may not read it.",
    );
    expect(closed).toContain("(the default)");
    expect(closed).not.toContain("is ignored");
    expect(other).toContain(`Sent to ${home}/monitor.sock`);
    expect(other).toContain(
      `The config file ${elsewhere}/h/.config/kissbot/monitor.yaml was left out: this user may not read it.`,
    );
    expect(forget, "the control socket is for the monitor's user and root").toContain(
      `only root and the monitor's own user (${nobody}) may change something (${home}/monitor.sock.control)`,
    );
    expect(forget).toContain("error: the bot is online (pid 1)");
    expect(rest).toContain("no state file is left");
  });
});

test("prices and windows are read from the config of the monitor that runs, unless another is named", async () => {
  const config = join(home, "own.yaml");
  const lines = [
    "prices: [{ model: my-own, input: 1, output: 2 }]",
    'alerts: { windows: [{ bots: ["*"], at: "03:00", for: 30m, why: nightly restart }] }',
  ];
  writeFileSync(config, `monitoring:\n${lines.map((line) => `  ${line}\n`).join("")}`);
  await start(["--config", config, "--socket", join(home, "monitor.sock")]);
  const note = `Config ${config} (from the running monitor's state file ${stateFile()})\n`;
  const show = ["prices", "show", "my-own"];
  expect(await there(...show)).toMatchObject({ code: 0, stderr: note });
  expect((await there("alerts", "windows")).stdout).toContain("nightly restart");
  expect(await there(...show, "--store", join(home, "kissbot_monitor.db"))).toMatchObject({ code: 0 });
  expect(await there(...show, "--store", "another.db")).toMatchObject({ code: 1, stderr: "" });
  expect(await there(...show, "--no-config")).toMatchObject({ code: 1, stderr: "" });
}, 60_000);

test("prices are read from the config of the monitor that keeps everything in memory, where that is named [trial/O4]", async () => {
  const config = join(home, "own.yaml");
  writeFileSync(config, "monitoring:\n  prices: [{ model: my-own, input: 1, output: 2 }]\n");
  await start(["--config", config, "--socket", join(home, "monitor.sock"), "--store", "memory:"]);
  const note = `Config ${config} (from the running monitor's state file ${stateFile()})\n`;
  const show = ["prices", "show", "my-own", "--store"];
  expect(await there(...show, "memory:")).toMatchObject({ code: 0, stderr: note });
  expect(await there(...show, "MEMORY:")).toMatchObject({ code: 0, stderr: note });
  expect(await there(...show, "sqlite:memory.db")).toMatchObject({ code: 1, stderr: "" });
}, 60_000);
