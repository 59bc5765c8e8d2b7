import { join } from "node:path";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { timestampFromMs } from "../../src/cli/quantity-text.js";
import { bot, health, nowMs } from "./bot.js";
import { FakeMonitor, freePort } from "./fake-monitor.js";
import { run } from "./program-run.js";
import { writeStoreFile } from "./store-file.js";

const place = new TemporaryFolder("cli");
const folder = place.path;
const database = join(folder, "kb.db");
let deadPort = 0;

beforeAll(async () => {
  await writeStoreFile(database);
  deadPort = await freePort();
});
afterAll(() => place[Symbol.dispose]());

const hostile = "evil\u001b[31m\u202e";

function fleet(extra: Record<string, unknown> = {}) {
  const bots = [
    bot("alpha"),
    bot(hostile, { status: "dead", status_cause: "gone\u0007", cpu_pct: null, rss_mb: null, restarts: 3 }),
    bot("away", { status: "offline", status_cause: "goodbye" }),
  ];
  return new FakeMonitor({
    "/healthz": { body: { ...health, ...extra } },
    "/api/v1/bots": { body: { bots } },
    "/api/v1/llm-usage": {
      body: { from: "2026-05-20T11:00:00.000000+00:00", to: "2026-05-20T12:00:00.000000+00:00", usage: [] },
    },
  }).start();
}

describe("bots", () => {
  test("lists the worst first and makes names harmless", async () => {
    await using monitor = await fleet();
    const { code, stdout, stderr } = await run(["bots", "--http", `${monitor.port}`], { nowMs });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`3 bots: 1 dead, 1 offline, 1 online

CHANNEL               STATUS   FOR  LAST SEEN  RESTARTS    CPU  MEMORY   PID  WHY
evil\\x1b[31m\\u{202e}  dead     1 h   12 s ago         3      -       -  4242  gone\\x07
away                  offline  1 h   12 s ago         0  1.3 %   91 MB  4242  goodbye
alpha                 online   1 h   12 s ago         0  1.3 %   91 MB  4242
`);
  });

  test("--json is for programs: whole, and harmless to print", async () => {
    await using monitor = await fleet();
    const { stdout } = await run(["bots", "--json", "--http", `${monitor.port}`]);
    for (const character of "\u001b\u202e\u0007") expect(stdout).not.toContain(character);
    const { source, bots } = JSON.parse(stdout);
    const from = { kind: "flag", name: "--http" };
    expect(source).toEqual({ kind: "monitor", url: `http://127.0.0.1:${monitor.port}`, from });
    expect(bots.map((one: { channel: string }) => one.channel)).toEqual([hostile, "away", "alpha"]);
  });

  test("--status chooses, and names what it knows", async () => {
    await using monitor = await fleet();
    const http = ["--http", `${monitor.port}`];
    const { stdout } = await run(["bots", "--status", "offline,dead", "--json", ...http]);
    expect(JSON.parse(stdout).bots).toHaveLength(2);
    const wrong = await run(["bots", "--status", "ded", ...http]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("--status: expected some of online, stale, dead, offline");
  });

  test("--status, --channel and --sort choose and order, in --json too [trial/O10]", async () => {
    const bots = [
      bot("twitch/quiet", { cpu_pct: 1 }),
      bot("twitch/busy", { cpu_pct: 90 }),
      bot("twitch/away", { status: "offline" }),
      bot("discord/busy", { cpu_pct: 95 }),
    ];
    await using monitor = await new FakeMonitor({
      "/healthz": { body: health },
      "/api/v1/bots": { body: { bots } },
    }).start();
    const argv = ["bots", "--http", `${monitor.port}`, "--channel", "twitch/*", "--status", "online"];
    const json = JSON.parse((await run([...argv, "--sort", "cpu", "--json"], { nowMs })).stdout);
    expect(json.bots.map((one: { channel: string }) => one.channel)).toEqual(["twitch/busy", "twitch/quiet"]);
    const { stdout } = await run([...argv, "--sort", "-cpu"], { nowMs });
    expect(stdout.match(/^\w+\/\w+/gm)).toEqual(["twitch/quiet", "twitch/busy"]);
    // The first line is of the whole fleet.
    expect(stdout).toContain("4 bots: 1 offline, 3 online\n");
    const wrong = await run([...argv, "--sort", "mem"], { nowMs });
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain(
      "--sort: expected one of worst, status, channel, since, last_seen, restarts",
    );
  });

  test("--channel says where there is no such bot, with the nearest one [trial/O10]", async () => {
    await using monitor = await fleet();
    const { code, stderr } = await run(["bots", "--channel", "alhpa", "--http", `${monitor.port}`], {
      nowMs,
    });
    expect(code).toBe(0);
    expect(stderr).toBe('--channel "alhpa": there is no such bot; did you mean "alpha"?\n');
  });

  test("colour is for terminals that want it", async () => {
    await using monitor = await fleet();
    const argv = ["bots", "--http", `${monitor.port}`];
    const esc = "\u001b";
    expect((await run(argv, { columns: 200 })).stdout).toContain(`${esc}[31mdead`);
    const without = [{ NO_COLOR: "1" }, { TERM: "dumb" }];
    for (const environment of without) {
      expect((await run(argv, { columns: 200, environment })).stdout).not.toContain(esc);
    }
    expect((await run(argv)).stdout).not.toContain(esc);
  });

  test.each([
    [{ FORCE_COLOR: "1" }, true],
    [{ FORCE_COLOR: "" }, true],
    [{ FORCE_COLOR: "3", NO_COLOR: "1", TERM: "dumb" }, true],
    [{ FORCE_COLOR: "0" }, false],
    [{ FORCE_COLOR: "false", CLICOLOR_FORCE: "1" }, false],
    [{ CLICOLOR_FORCE: "1" }, true],
    [{ CLICOLOR_FORCE: "0" }, false],
    [{ CLICOLOR_FORCE: "1", NO_COLOR: "1" }, false],
    [{ NO_COLOR: "" }, false],
  ])("without a terminal, %j asks for colour: %s [trial/O10]", async (environment, isColoured) => {
    await using monitor = await fleet();
    const { stdout } = await run(["bots", "--http", `${monitor.port}`], { environment });
    expect(stdout.includes("\u001b[31mdead")).toBe(isColoured);
  });

  test.each([
    [["--no-color"], { FORCE_COLOR: "1" }, 200, false],
    [["--no-color"], {}, 200, false],
    [["--color"], { NO_COLOR: "1" }, undefined, true],
    [[], { CLICOLOR: "0" }, 200, false],
  ])(
    "%j with %j says it for this call, also before the command [trial/N6]",
    async (flags, environment, columns, isColoured) => {
      await using monitor = await fleet();
      const at = ["--http", `${monitor.port}`];
      const options = { environment, ...(columns === undefined ? {} : { columns }) };
      for (const argv of [
        ["bots", ...flags, ...at],
        [...flags, "bots", ...at],
      ]) {
        const { stdout } = await run(argv, options);
        expect(stdout.includes("\u001b[31mdead")).toBe(isColoured);
      }
    },
  );

  test("COLUMNS says how wide it is where stdout is no terminal, as under watch [trial/N4]", async () => {
    await using monitor = await fleet();
    const argv = ["bots", "--http", `${monitor.port}`];
    const narrow = await run(argv, { environment: { COLUMNS: "60" } });
    for (const line of narrow.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(60);
    for (const COLUMNS of ["", "0", "wide", "-5"]) {
      expect((await run(argv, { environment: { COLUMNS } })).stdout).toBe((await run(argv)).stdout);
    }
  });

  test("at 80 columns WHY stands below its bot, no name is cut, and PID gives way first [trial/N4]", async () => {
    const why =
      "process 29342 is gone; Error: 401 Unauthorized: the token of this bot was taken back by its owner, a week ago, and then some";
    const bots = [
      bot("discord/guild-12/crashes-after-12-s", { status: "dead", status_cause: why, restarts: 20 }),
      bot("twitch/main"),
    ];
    const answers = { "/healthz": { body: health }, "/api/v1/bots": { body: { bots } } };
    await using monitor = await new FakeMonitor(answers).start();
    const argv = ["bots", "--http", `${monitor.port}`];
    const shown = async (columns: number) =>
      (await run(argv, { nowMs, columns, environment: { NO_COLOR: "1" } })).stdout.split("\n").slice(2, -1);
    expect(await shown(80)).toEqual([
      "CHANNEL                              STATUS  FOR  RESTARTS    CPU  MEMORY",
      "discord/guild-12/crashes-after-12-s  dead    1 h        20  1.3 %   91 MB",
      "  process 29342 is gone; Error: 401 Unauthorized: the token of this bot was",
      "  taken back by its owner, a week ago, and then some",
      "twitch/main                          online  1 h         0  1.3 %   91 MB",
    ]);
    for (const columns of [40, 60, 80, 100, 120, 160]) {
      const lines = await shown(columns);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      expect(lines.join("\n")).toContain(
        columns < 50 ? "discord/guild-12/" : "discord/guild-12/crashes-after-12-s ",
      );
    }
  });
});

describe("a bot that is alive but in trouble", () => {
  const deaf = bot("deaf", {
    trouble: "gateway\u0007 closed",
    trouble_since: timestampFromMs(nowMs - 120_000),
  });
  // As a monitor of an earlier version answers.
  const { trouble: _trouble, trouble_since: _since, ...older } = bot("older");
  const answers = { "/healthz": { body: health }, "/api/v1/bots": { body: { bots: [older, deaf] } } };

  test("stands before the healthy, with its words made harmless [trial/B4]", async () => {
    await using monitor = await new FakeMonitor(answers).start();
    const { code, stdout } = await run(["bots", "--http", `${monitor.port}`], { nowMs });
    expect(code).toBe(0);
    expect(stdout).toBe(`2 bots: 2 online (1 in trouble)

CHANNEL  STATUS      FOR  LAST SEEN  RESTARTS    CPU  MEMORY   PID  WHY
deaf     in trouble  2 m   12 s ago         0  1.3 %   91 MB  4242  gateway\\x07 closed
older    online      1 h   12 s ago         0  1.3 %   91 MB  4242
`);
  });

  test("is listed by status, which stays 0: it is up [trial/B4]", async () => {
    await using monitor = await new FakeMonitor(answers).start();
    const { code, stdout } = await run(["status", "--http", `${monitor.port}`], { nowMs });
    expect(code).toBe(0);
    expect(stdout).toContain(
      "          deaf: in trouble for 2 m (gateway\\x07 closed; last seen 12 s ago)\n",
    );
    const json = await run(["status", "--json", "--http", `${monitor.port}`], { nowMs });
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: true,
      bots_down: [],
      bots_in_trouble: [{ channel: "deaf", trouble: deaf.trouble }],
    });
  });
});

describe("status", () => {
  test("is 1 with what is down, worst first", async () => {
    await using monitor = await fleet({
      status: "degraded",
      problems: [{ code: "store_busy", detail: "locked\u001b", since: null }],
    });
    const { code, stdout } = await run(["status", "--http", `${monitor.port}`], { nowMs });
    expect(code).toBe(1);
    expect(
      stdout,
    ).toBe(`Monitor   degraded, bots-1\\x07, version 1.2.3, pid 99, up 2 h, http://127.0.0.1:${monitor.port}
          store_busy for -: locked\\x1b
Socket    /run/kb.sock: 5,000 lines read, 3 rejected (2 invalid_json, 1 truncated)
Store     /var/kb.db: ok, 1,234 rows written, 0 waiting
Bots      3 bots: 1 dead, 1 offline, 1 online
          evil\\x1b[31m\\u{202e}: dead for 1 h (gone\\x07; last seen 12 s ago)
`);
  });

  test("is 1 for a bot in a crash loop and for two processes on one channel, and says so [trial/O1][trial/O13]", async () => {
    const loop = { crash_loop: true, crashes_10m: 16, crash_life_ms: 2_040, status_since: null };
    const bots = [
      bot("fine"),
      bot("looping", loop),
      bot("looping-dead", { ...loop, status: "dead", status_cause: "process 7 is gone", crash_life_ms: 200 }),
      bot("twice", { conflict: { pid: 7, since: timestampFromMs(nowMs - 5_000) } }),
    ];
    const answers = { "/healthz": { body: health }, "/api/v1/bots": { body: { bots } } };
    await using monitor = await new FakeMonitor(answers).start();
    const http = ["--http", `${monitor.port}`];
    const { code, stdout } = await run(["status", ...http], { nowMs });
    expect(code).toBe(1);
    expect(stdout.split("\n").slice(3, 7)).toEqual([
      "Bots      4 bots: 1 dead, 3 online (2 in a crash loop, 1 in conflict)",
      "          looping-dead: dead for - (process 7 is gone; 16 crashes in 10 min, lives less than 1 s; last seen 12 s ago)",
      "          looping: crash loop for - (16 crashes in 10 min, lives about 2 s; last seen 12 s ago)",
      "          twice: conflict for 5 s (process 7 claims this channel too; last seen 12 s ago)",
    ]);
    const json = JSON.parse((await run(["status", "--json", ...http], { nowMs })).stdout);
    expect(json.bots_down.map((one: { channel: string }) => one.channel)).toEqual([
      "looping-dead",
      "looping",
    ]);
    expect(json.conflicts.map((one: { channel: string }) => one.channel)).toEqual(["twice"]);
    const table = (await run(["bots", ...http], { nowMs })).stdout;
    expect(table).toMatch(/looping +crash loop .* 16 crashes in 10 min, lives about 2 s\n/);
    // A conflict alone is a problem, too.
    await using other = await new FakeMonitor({
      ...answers,
      "/api/v1/bots": { body: { bots: [bots[0], bots[3]] } },
    }).start();
    expect((await run(["status", "--http", `${other.port}`], { nowMs })).code).toBe(1);
  });

  test("names each reason for which lines were rejected, what was ignored, and what clients lost [trial/O10]", async () => {
    const bots = [bot("a", { client_dropped: 1_200 }), bot("b", { client_dropped: 1 }), bot("c")];
    const lines = { lines: 5_000, rejected: { invalid_json: 0, too_long: 2 }, ignored: 4 };
    const answers = { "/healthz": { body: { ...health, lines } }, "/api/v1/bots": { body: { bots } } };
    await using monitor = await new FakeMonitor(answers).start();
    const { code, stdout } = await run(["status", "--http", `${monitor.port}`], { nowMs });
    expect(code).toBe(0);
    expect(stdout).toContain(
      "Socket    /run/kb.sock: 5,000 lines read, 2 rejected (2 too_long), 4 ignored (of no known type)\n",
    );
    expect(stdout).toContain(
      "Lost      1,201 usage and metric lines, as 2 bots told: kissbot-monitor bot CHANNEL\n",
    );
  });

  test("breaks its lines between words and under their text [trial/N4]", async () => {
    await using monitor = await fleet({
      status: "degraded",
      problems: [
        {
          code: "store_busy",
          detail: "another process holds the lock of the database ".repeat(3),
          since: null,
        },
      ],
    });
    const options = { nowMs, columns: 60, environment: { NO_COLOR: "1" } };
    const { stdout } = await run(["status", "--http", `${monitor.port}`], options);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(60);
    expect(stdout).toMatch(/^Monitor {3}degraded, .*\n {10}/m);
    expect(stdout.match(/holds the lock/g)).toHaveLength(3);
  });

  test("is 0 where the monitor is healthy and nobody is down; an offline bot said goodbye", async () => {
    const bots = [bot("a"), bot("b", { status: "offline" })];
    const answers = { "/healthz": { body: health }, "/api/v1/bots": { body: { bots } } };
    await using monitor = await new FakeMonitor(answers).start();
    const { code, stdout } = await run(["status", "--json", "--http", `${monitor.port}`]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, health: { status: "ok" }, bots_down: [] });
  });
});

describe("the token", () => {
  test("travels as a bearer token, from the environment too", async () => {
    await using monitor = await fleet();
    const environment = { KISSBOT_MONITOR_HTTP_TOKEN: "s3cret", KISSBOT_MONITOR_HTTP: `${monitor.port}` };
    expect((await run(["bots"], { environment })).code).toBe(0);
    expect(new Set(monitor.requests.map(({ authorization }) => authorization))).toEqual(
      new Set(["Bearer s3cret"]),
    );
  });

  test("that is missing or wrong is a problem to be told, not a reason to read the database", async () => {
    const refusal = { status: 401, body: { error: { code: "unauthorized", message: "no" } } };
    await using monitor = await new FakeMonitor({
      "/healthz": { body: { status: "ok" } },
      "/api/v1/bots": refusal,
    }).start();
    const argv = ["bots", "--http", `${monitor.port}`, "--store", database];
    const none = await run(argv);
    expect(none).toMatchObject({ code: 1, stdout: "" });
    expect(none.stderr).toContain("asks for a token: set KISSBOT_MONITOR_HTTP_TOKEN");
    expect((await run([...argv, "--http-token", "x"])).stderr).toContain("does not accept this token");
  });
});

describe("where no monitor answers", () => {
  test("the database is read, and its age is told on stderr", async () => {
    const argv = ["--http", `${deadPort}`, "--store", database];
    const { code, stdout, stderr } = await run(["bots", ...argv], { nowMs });
    expect(code).toBe(0);
    expect(stderr).toBe(
      `no monitor answers at http://127.0.0.1:${deadPort}: nobody listens there. Read from ${database} instead; its newest entry is 3 m old.\n`,
    );
    expect(stdout).toContain(
      "beta     dead    4 m    4 m ago         2    -       -   11  its process is gone",
    );
    const status = await run(["status", "--json", ...argv], { nowMs });
    expect(status.code).toBe(1);
    expect(JSON.parse(status.stdout)).toMatchObject({
      ok: false,
      health: null,
      source: { kind: "store", url: database },
    });
  });

  test("the same choice is made from the database; what only a monitor knows is said [trial/O10]", async () => {
    const argv = ["bots", "--http", `${deadPort}`, "--store", database, "--json"];
    const channels = async (...more: string[]) => {
      const { stdout } = await run([...argv, ...more], { nowMs });
      return JSON.parse(stdout).bots.map((one: { channel: string }) => one.channel);
    };
    expect(await channels("--status", "dead")).toEqual(["beta"]);
    expect(await channels("--channel", "al*")).toEqual(["alpha"]);
    expect(await channels("--sort", "channel", "--reverse")).toEqual(["beta", "alpha"]);
    const blind = await run([...argv, "--status", "crash_loop"], { nowMs });
    expect(JSON.parse(blind.stdout).bots).toEqual([]);
    expect(blind.stderr).toContain("Only a running monitor knows of crash loops and conflicts.");
  });

  test("nor a database, both are told, with what to do", async () => {
    const missing = join(folder, "missing.db");
    for (const command of ["bots", "status", "usage"]) {
      const { code, stdout, stderr } = await run([command, "--http", `${deadPort}`, "--store", missing]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain("nobody listens there");
      expect(stderr).toContain(missing);
      expect(stderr).toContain("kissbot-monitor start");
    }
    expect((await run(["bots", "--no-http", "--store", "memory:"])).code).toBe(1);
  });

  test("another program's answer is not taken for a monitor's", async () => {
    for (const answer of [{ body: "<html>" }, { status: 404, body: "{}" }, { body: [] }, { body: {} }]) {
      await using stranger = await new FakeMonitor({ "/healthz": answer }).start();
      const { code, stderr } = await run(["bots", "--http", `${stranger.port}`, "--store", database]);
      expect(code).toBe(0);
      expect(stderr).toContain("is not a KissBot monitor");
    }
  });
});

describe("usage", () => {
  const argv = (...more: string[]) => ["usage", "--no-http", "--store", database, ...more];

  test("tells tokens, cost and latency, and over how many calls these are known", async () => {
    const { code, stdout } = await run(argv(), { nowMs });
    expect(code).toBe(0);
    expect(stdout).toBe(`5 LLM calls in the last 24 h
$0.75 · cost of 40 % of tokens known · unpriced: gpt (unknown model, 2K), local (unknown model, 1K)

MODEL  CALLS     ERRORS  TOKENS IN  TOKENS OUT               COST     P50               P95     P99
gpt        4          0      4,000          40  $0.7500 (of 50 %)  487 ms  487 ms (of 50 %)  487 ms
local      1  1 (100 %)      1,000          10                  -       -                 -       -
total      5   1 (20 %)      5,000          50  $0.7500 (of 40 %)  487 ms  487 ms (of 40 %)  487 ms
`);
  });

  test("has no column of errors where no call failed", async () => {
    const { stdout } = await run(argv("--model", "gpt"), { nowMs });
    expect(stdout).toContain("MODEL  CALLS  TOKENS IN");
  });

  test("groups by what is asked", async () => {
    const { stdout } = await run(argv("--by", "day,channel"), { nowMs });
    expect(stdout).toContain("DAY (UTC)   CHANNEL  CALLS");
    expect(stdout).toContain("2026-05-20  alpha        5");
  });

  test("--json has the rows and their sum", async () => {
    const { stdout } = await run(argv("--json", "--model", "local"), { nowMs });
    const { usage, total, from } = JSON.parse(stdout);
    expect(from).toBe("2026-05-19T12:00:00.000000+00:00");
    expect(usage).toMatchObject([{ model: "local", calls: 1, cost_usd: null, cost_calls: 0 }]);
    expect(total).toMatchObject({ calls: 1, errors: 1, tokens_in: 1_000 });
  });

  test("--json tells the period that the sums are of, where single calls are gone [server/F19]", async () => {
    const widened = { from: "2026-05-18T11:00:00.000000+00:00", to: "2026-05-20T13:00:00.000000+00:00" };
    await using monitor = await new FakeMonitor({
      "/healthz": { body: health },
      "/api/v1/llm-usage": { body: { ...widened, usage: [] } },
    }).start();
    const at = ["usage", "--since", "2d", "--http", `${monitor.port}`];
    expect(JSON.parse((await run([...at, "--json"], { nowMs })).stdout)).toMatchObject(widened);
    expect((await run(at, { nowMs })).stdout).toBe("No LLM call was reported in the last 2 d.\n");
  });

  test("says so where there was none", async () => {
    expect((await run(argv("--channel", "nobody"), { nowMs })).stdout).toBe(
      "No LLM call was reported in the last 24 h.\n",
    );
  });

  test("asks a monitor the same question", async () => {
    await using monitor = await fleet();
    await run(
      ["usage", "--http", `${monitor.port}`, "--by", "channel,day", "--channel", "a&b", "--since", "1h"],
      { nowMs },
    );
    const query = monitor.requests
      .map(({ url }) => new URL(url, "http://x").searchParams)
      .find((one) => one.has("group_by"));
    expect(Object.fromEntries(query ?? [])).toMatchObject({
      group_by: "channel,day",
      channel: "a&b",
      from: `${nowMs - 3_600_000}`,
    });
  });

  test("names what it expected, all of it", async () => {
    const { code, stderr } = await run(argv("--by", "week", "--since", "lately", "--top", "0"));
    expect(code).toBe(2);
    for (const flag of ["--by", "--since", "--top"]) expect(stderr).toContain(`error: ${flag}: expected`);
    expect((await run(argv("--by", "hour,day"))).code).toBe(2);
  });
});
