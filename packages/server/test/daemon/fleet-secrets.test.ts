import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { killChildren, PostgresServer, TemporaryFolder, until } from "@kissbot/testkit";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Monitor, processesWith, runCommand, startCommand, startMonitor } from "../cli/command.js";

/** With every sign that a URL, a passfile or JSON writes in another way. */
const planted = 'flEetPlanted/p@ss "w?rd":1';
const mark = "flEetPlanted";
const forms = [planted, JSON.stringify(planted).slice(1, -1), encodeURIComponent(planted)].flatMap((form) => [
  form,
  Buffer.from(form).toString("base64").replace(/=+$/, "").slice(0, -1),
]);
const patient = { timeoutMs: 60_000 };

/** Throws in the thread that sends, or in the main one, when a file of that name appears. */
const crasher = `
const { isMainThread, workerData } = require("node:worker_threads");
const { existsSync } = require("node:fs");
const thread = isMainThread ? "main" : String(workerData?.url).startsWith("postgres") ? "fleet" : null;
if (thread !== null) setInterval(() => {
  if (existsSync(process.env.CRASH_FOLDER + "/" + thread)) throw new Error("a crash of a test");
}, 50).unref();
`;

let server: PostgresServer;
let place: TemporaryFolder;
/** As somebody who sees what the server does. */
let admin: pg.Client;

interface Way {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

function expectNoSecret(where: string, text: string): void {
  for (const form of [...forms, mark]) {
    const at = text.indexOf(form);
    expect(at === -1 ? "" : text.slice(Math.max(0, at - 100), at + 60), where).toBe("");
  }
}

function write(name: string, text: string): string {
  const path = place.file(name);
  writeFileSync(path, text);
  chmodSync(path, 0o600);
  return path;
}

const plain = () => `postgres://kb@127.0.0.1:${server.port}/postgres`;
const whole = () => plain().replace("kb@", `kb:${encodeURIComponent(planted)}@`);
const passfile = () => `127.0.0.1:*:*:kb:${planted.replaceAll(":", "\\:")}\n`;

/** Each place where a password may stand. Their files begin with `given`. */
const ways: Readonly<Record<string, () => Way>> = {
  KISSBOT_MONITOR_FLEET: () => ({ flags: [], env: { KISSBOT_MONITOR_FLEET: whole() } }),
  "--fleet-file": () => ({ flags: ["--fleet-file", write("given-url", whole())], env: {} }),
  "--fleet-password-file": () => ({
    flags: ["--fleet", plain(), "--fleet-password-file", write("given-password", `${planted}\n`)],
    env: {},
  }),
  PGPASSWORD: () => ({ flags: ["--fleet", plain()], env: { PGPASSWORD: planted } }),
  PGPASSFILE: () => ({
    flags: ["--fleet", plain()],
    env: { PGPASSFILE: write("given-passfile", passfile()) },
  }),
  "~/.pgpass": () => {
    mkdirSync(place.file("given-home"));
    write("given-home/.pgpass", passfile());
    return { flags: ["--fleet", plain()], env: { HOME: place.file("given-home") } };
  },
  PGSERVICEFILE: () => {
    const service = `[bots]\nhost=127.0.0.1\nport=${server.port}\nuser=kb\ndbname=postgres\npassword=${planted}\n`;
    const env = { PGSERVICEFILE: write("given-services", service) };
    return { flags: ["--fleet", "postgres://?service=bots"], env };
  },
};

/** What the monitor and the commands wrote: not what was given to them. */
function filesWritten(folder = place.path): string {
  return readdirSync(folder)
    .filter((name) => !name.startsWith("given"))
    .map((name) => `${folder}/${name}`)
    .map((path) => {
      if (statSync(path).isDirectory()) return filesWritten(path);
      return statSync(path).isFile() ? readFileSync(path).toString("latin1") : "";
    })
    .join("");
}

async function healthOf({ at: [, address = ""] }: Monitor) {
  const answer = await fetch(`http://${address}/healthz`);
  return (await answer.json()) as { fleet: { status: string }; problems: { code: string; detail: string }[] };
}

const isSending = async (monitor: Monitor) => (await healthOf(monitor)).fleet.status === "sending";

describe.skipIf(PostgresServer.missing("newest") !== null)("the password of the fleet database", () => {
  beforeAll(async () => {
    server = await PostgresServer.start({ settings: { log_statement: "all", log_connections: "on" } });
    const { port, user, password } = server;
    admin = new pg.Client({ host: "127.0.0.1", port, user, password, database: "postgres" });
    admin.on("error", () => undefined);
    await admin.connect();
    await admin.query(`CREATE ROLE kb LOGIN; GRANT CREATE ON DATABASE postgres TO kb`);
  });
  beforeEach(async () => {
    place = new TemporaryFolder("fleet-secrets");
    await admin.query("SET log_statement = 'none'");
    await admin.query(`ALTER ROLE kb PASSWORD '${planted}'`);
  });
  afterEach(async () => {
    await killChildren();
    place[Symbol.dispose]();
  });
  afterAll(async () => {
    await admin?.end();
    await server?.[Symbol.asyncDispose]();
  });

  test.each(forms)("would be found as %s", (form) => {
    expect(() => expectNoSecret("a place", `before ${form} after`)).toThrow();
  });

  test.each(Object.entries(ways))(
    "from %s is in no argument, log, answer, file or statement [fleet/T18] [fleet/R12]",
    async (_, way) => {
      const { flags, env } = way();
      const monitor = await startMonitor(place.path, ["--log-level", "trace", ...flags], [], { env });
      await until("it sends", () => isSending(monitor), patient);
      const checking = runCommand(["hosts", "check", ...flags], { folder: place.path, env });
      let isOver = false;
      void checking.finally(() => {
        isOver = true;
      });
      await until("the command is over", () => {
        expect(processesWith(mark)).toEqual([]);
        return isOver;
      });
      const checked = await checking;
      expect([checked.code, checked.stdout]).toEqual([0, expect.stringContaining("ok    password")]);
      expectNoSecret("hosts check", checked.stdout + checked.stderr);
      expectNoSecret("/healthz", JSON.stringify(await healthOf(monitor)));
      const { rows } = await admin.query("SELECT * FROM pg_stat_activity");
      expect(JSON.stringify(rows)).toContain("kissbot-monitor");
      expectNoSecret("pg_stat_activity", JSON.stringify(rows));
      monitor.child.signal("SIGTERM");
      const { stdout, stderr } = await monitor.child.exited;
      expectNoSecret("the log", stdout + stderr);
      expectNoSecret("a file", filesWritten());
      expectNoSecret("the server's log", server.log);
    },
    120_000,
  );

  test.each(Object.entries(ways))(
    "of a hub, from %s, is in no argument, log, answer, metric, screen or file [fleet/T18] [fleet/R12]",
    async (_, way) => {
      const { flags, env } = way();
      const args = ["hub", "--json", "--http", "0", "--log-level", "trace", ...flags];
      const hub = startCommand(args, { folder: place.path, env });
      await hub.prints("\n}\n", 60_000);
      const { http } = JSON.parse(hub.stdout) as { http: string };
      const answer = async (path: string) => (await fetch(`${http}${path}`)).text();
      const statusOf = async () => JSON.parse(await answer("/healthz")).fleet.status;
      const isLeading = async () => JSON.parse(await answer("/healthz")).fleet.leads;
      await until("it reads", async () => (await statusOf()) === "reading", patient);
      await until("it leads", isLeading, patient);
      expect(processesWith(mark)).toEqual([]);
      for (const path of ["/healthz", "/metrics", "/api/v1/hosts", "/api/v1/summary", "/api/v1/events", "/"])
        expectNoSecret(path, await answer(path));
      await admin.query("ALTER ROLE kb PASSWORD 'another'");
      await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kb'");
      await until("it is refused", async () => (await statusOf()) === "refused", patient);
      expectNoSecret("/healthz", await answer("/healthz"));
      const { rows } = await admin.query("SELECT * FROM pg_stat_activity");
      expectNoSecret("pg_stat_activity", JSON.stringify(rows));
      hub.signal("SIGTERM");
      const { code, stdout, stderr } = await hub.exited;
      expect(code).toBe(0);
      expectNoSecret("the log", stdout + stderr);
      expectNoSecret("a file", filesWritten());
      expectNoSecret("the server's log", server.log);
    },
    120_000,
  );

  test("is in no answer, command, child, refusal or crash of a monitor that has it in its config file [fleet/T18] [fleet/R12]", async () => {
    const said = place.file("environment");
    const exec = {
      command: ["/bin/sh", "-c", `cat >/dev/null; tr '\\0' ' ' </proc/$$/cmdline >${said}; env >>${said}`],
    };
    const withFleet = (fleet: string) =>
      write(
        "given.yaml",
        JSON.stringify({ monitoring: { fleet, alerts: { receivers: { program: { exec } } } } }),
      );
    const config = withFleet(whole());
    const env = {
      CRASH_FOLDER: place.path,
      NODE_OPTIONS: `--require=${write("crasher.cjs", crasher)}`,
    };
    const flags = ["--config", config, "--log-level", "trace"];
    const monitor = await startMonitor(place.path, flags, [], { env });
    const [, address = ""] = monitor.at;
    await until("it sends", () => isSending(monitor), patient);
    const told = () => (existsSync(said) ? readFileSync(said, "utf8") : "");
    await until("a child was started", () => told().includes("PATH="), patient);
    expectNoSecret("a child", told());

    const answer = async (path: string) => (await fetch(`http://${address}${path}`)).text();
    const { paths } = JSON.parse(await answer("/api/v1/openapi.json")) as { paths: Record<string, object> };
    const routes = Object.entries(paths).flatMap(([path, of]) =>
      "get" in of && !path.includes("{") && !path.includes("stream") ? [path] : [],
    );
    expect(routes).toContain("/api/v1/hosts");
    for (const path of [...routes, "/healthz", "/metrics", "/", "/api/v1/bots/none"])
      expectNoSecret(path, await answer(path));
    const own = ["--config", config];
    const here = ["--http", address, "--socket", monitor.socketPath, "--store", monitor.store];
    const commands = [
      ["--help"],
      ["start", "--help"],
      ["hosts", "--help"],
      ["config", "show", ...own],
      ["config", "check", ...own],
      ["hosts", ...own],
      ["hosts", "check", "--json", ...own],
      ["hosts", "migrate", ...own],
      ["hosts", "retention", ...own],
      ["hosts", "roles", ...own],
      ["hosts", "forget", "nobody", ...own],
      ["status", "--json", ...here],
      ["doctor", ...own, ...here],
    ];
    const tell = async (args: readonly string[]) => {
      const { stdout, stderr } = await runCommand(args, { folder: place.path, env });
      expectNoSecret(args.join(" "), stdout + stderr);
      return stdout + stderr;
    };
    for (const args of commands) expect(await tell(args), args.join(" ")).not.toBe("");
    expect(processesWith(mark)).toEqual([]);
    expect(processesWith(monitor.socketPath)).toEqual([monitor.child.pid]);

    // The monitor is to be told of another password by a restart alone.
    withFleet(whole().replace("flEet", "flEet%32"));
    const reload = ["reload", "--socket", monitor.socketPath];
    expect(await tell(reload)).toContain("Needs a restart: fleet\n");
    withFleet(whole());
    await admin.query("ALTER ROLE kb PASSWORD 'another'");
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kb'");
    const hasProblem = (code: string, words: string) => async () => {
      const { problems } = await healthOf(monitor);
      return problems.some((one) => one.code === code && one.detail.includes(words));
    };
    await until("it is refused", hasProblem("fleet_refused", "password authentication failed"), patient);
    expectNoSecret("/healthz", await answer("/healthz"));
    for (const command of ["hosts", "hosts check", "hosts migrate"])
      expect(await tell([...command.split(" "), ...own]), command).toContain(
        "password authentication failed",
      );

    write("fleet", "");
    await until("its thread has crashed", hasProblem("fleet_away", "a crash of a test"), patient);
    expectNoSecret("/healthz", await answer("/healthz"));
    write("main", "");
    const { code, stdout, stderr } = await monitor.child.exited;
    expect(code).not.toBe(0);
    expect(stderr).toContain("a crash of a test");
    expectNoSecret("the log", stdout + stderr);
    expectNoSecret("a file", filesWritten());
  }, 240_000);
});
