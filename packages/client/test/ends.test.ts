import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RecordingMonitor } from "../src/testing.js";
import { Child, killChildren, runProgram } from "./child.js";
import { until } from "./until.js";

// Some of them start many processes, which take long on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let monitor: RecordingMonitor;

beforeEach(async () => {
  monitor = await new RecordingMonitor().start();
});
afterEach(() => monitor[Symbol.asyncDispose]());
afterAll(killChildren);

const head = `
import { writeSync } from "node:fs";
import { MonitorClient } from "@kissbot/client";
const client = new MonitorClient("bot");
const say = (line) => writeSync(1, line + "\\n");
const stay = () => setInterval(() => {}, 60_000);
`;

function run(text: string): Child {
  return runProgram(head + text, { KISSBOT_MONITOR_SOCKET: monitor.socketPath });
}

/** What the monitor got of each channel, in order. */
function said(channel = "bot"): string[] {
  return monitor.messages.filter((message) => message.channel === channel).map(({ type }) => type);
}

const count = (type: string, channel = "bot") => said(channel).filter((it) => it === type).length;
const hasSaid = (type: string, times = 1) =>
  until(() => count(type) >= times, { describe: () => `${said()}` });

/** Whether the end of the connection has been seen: then no more can come. */
async function restOf(bot: Child): Promise<Awaited<Child["exited"]>> {
  const exit = await bot.exited;
  const probe = `end ${Math.random()}`;
  await runProgram(
    `const { MonitorClient } = await import("@kissbot/client"); await new MonitorClient(${JSON.stringify(probe)}).logMetric("n", 1);`,
    { KISSBOT_MONITOR_SOCKET: monitor.socketPath },
  ).exited;
  await until(() => said(probe).length > 0);
  return exit;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
  const libraries = ["signal-exit 3", "signal-exit 4", "proper-lockfile", "execa"];
  test.each([
    ...libraries.flatMap((name) => [`client, ${name}`, `${name}, client`]),
    "signal-exit 3, client, signal-exit 4",
    "client, signal-exit 4, signal-exit 3",
    "signal-exit 4, signal-exit 3, client",
  ])("ends a bot that loads %s, after a goodbye [client/F2]", async (order) => {
    const names = order.split(", ");
    const bot = new Child([join("test", "children", "cleaning-bot.mjs"), ...names], {
      KISSBOT_MONITOR_SOCKET: monitor.socketPath,
    });
    await until(() => bot.stdout.includes("ready"));
    await hasSaid("register");
    bot.signal(signal);
    expect(await restOf(bot)).toMatchObject({ code: null, signal, stderr: "" });
    expect([count("register"), count("unregister")]).toEqual([1, 1]);
    // And the libraries have done their part.
    for (const name of names.filter((it) => it.startsWith("signal-exit"))) {
      expect(bot.stdout).toContain(`${name}: ${signal}`);
    }
    const lock = /^lock (.*)$/m.exec(bot.stdout)?.[1];
    if (lock !== undefined) expect(existsSync(lock)).toBe(false);
    const sleeper = /^sleeper (.*)$/m.exec(bot.stdout)?.[1];
    if (sleeper !== undefined) await until(() => !isAlive(Number(sleeper)));
  });

  test("a second one ends a bot whose listener takes the first alone, as without the client [client/F2]", async () => {
    for (const order of ["OWN client.start();", "client.start(); OWN"]) {
      const bot = run(`${order.replace("OWN", `process.once("${signal}", () => say("once"));`)} stay();`);
      const before = count("register");
      await until(() => count("register") > before);
      bot.signal(signal);
      await until(() => bot.stdout.includes("once"));
      bot.signal(signal);
      expect(await restOf(bot)).toMatchObject({ code: null, signal });
      expect(count("unregister")).toBe(count("register"));
    }
  });

  test("a library that takes it keeps the bot alive, and its next beat brings it back [client/F2] [client/F26]", async () => {
    const bot = run(`
const { onExit } = await import("signal-exit");
onExit((code, signal) => signal !== null && (say("taken"), true));
client.start({ chat: true }, { intervalMs: 50 }); stay();`);
    await hasSaid("heartbeat");
    bot.signal(signal);
    await until(() => bot.stdout.includes("taken"));
    await hasSaid("register", 2);
    expect(monitor.ofType("register")[1]).toMatchObject({ features: { chat: true }, interval_s: 0.05 });
    bot.signal(signal);
    expect(await restOf(bot)).toMatchObject({ signal });
    expect(count("unregister")).toBe(2);
  });
});

test("a bot that survives SIGINT is registered again by its next beat, and ends by the next SIGTERM [client/F26]", async () => {
  for (const beats of [
    "client.startHeartbeat({ intervalMs: 50 });",
    // Beats of the bot's own.
    "setInterval(() => client.heartbeat(), 50);",
  ]) {
    const before = count("unregister");
    const bot = run(`
client.unregisterOnSignals(); await client.register({ chat: true }); ${beats}
process.on("SIGINT", () => say("not now")); stay(); say("ready");`);
    await until(() => bot.stdout.includes("ready"));
    for (const round of [1, 2]) {
      bot.signal("SIGINT");
      await hasSaid("unregister", before + round);
      const at = said().lastIndexOf("unregister");
      await until(() => said().slice(at).includes("heartbeat"));
      expect(said().slice(at, at + 3)).toEqual(["unregister", "register", "heartbeat"]);
      expect(monitor.ofType("register").at(-1)?.features).toEqual({ chat: true });
    }
    bot.signal("SIGTERM");
    expect(await restOf(bot)).toMatchObject({ signal: "SIGTERM", stdout: "ready\nnot now\nnot now\n" });
    expect(count("unregister")).toBe(before + 3);
    expect(said().at(-1)).toBe("unregister");
  }
});

test.each([
  [
    "with listeners",
    (signal: string) => `process.on("${signal}", (name) => say("heard " + name));`,
    "heard undefined\n",
  ],
  ["without one", () => "", ""],
] as const)("a signal that a bot emits itself, %s, ends nothing", async (_, listen, heard) => {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    const bot = run(`
client.start(); ${listen(signal)}
setTimeout(() => {
  process.emit("${signal}");
  setTimeout(() => { say("alive"); process.exit(5); }, 200);
}, 50);`);
    expect(await bot.exited).toMatchObject({ code: 5, signal: null, stdout: `${heard}alive\n` });
  }
});

test("while a bot shuts down, no beat brings it back before a whole interval has passed [client/F26]", async () => {
  const bot = run(`
client.start({}, { intervalMs: 1_000 });
const work = setInterval(() => {}, 10);
process.once("SIGTERM", () => setTimeout(() => process.exit(7), 700));
// When the next beat is due in 300 ms.
setTimeout(() => process.kill(process.pid, "SIGTERM"), 700);`);
  expect(await restOf(bot)).toMatchObject({ code: 7 });
  expect([count("register"), count("unregister"), said().at(-1)]).toEqual([1, 1, "unregister"]);
});

test.each([
  ["SIGTERM", 143, "() => true"],
  ["SIGINT", 130, "() => { throw new Error('no leave'); }"],
] as const)(
  "where raising %s again has no effect, the process ends with code %i [client/F3]",
  async (signal, code, kill) => {
    const bot = runProgram(
      `process.kill = ${kill};
const { MonitorClient } = await import("@kissbot/client");
new MonitorClient("bot").start();
setInterval(() => {}, 60_000);`,
      { KISSBOT_MONITOR_SOCKET: monitor.socketPath },
    );
    await hasSaid("heartbeat");
    bot.signal(signal);
    expect(await restOf(bot)).toMatchObject({ code, stderr: "" });
    expect(said()).toEqual(["register", "heartbeat", "unregister"]);
  },
);

/**
 * Runs a command as process 1 of a namespace of its own: as root, or where everybody may do so.
 * Empty where nobody may.
 */
const asOne = [
  ["unshare", "--pid", "--fork", "--kill-child"],
  ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"],
].find(
  ([command = "", ...args]) => spawnSync(command, [...args, process.execPath, "--version"]).status === 0,
);
const processOne = asOne === undefined ? describe.skip : describe;

processOne(
  `process 1 of a container${asOne === undefined ? " (skipped: unshare may make no namespace)" : ""}`,
  () => {
    function runAsOne(text: string, ...names: string[]): { bot: Child; pid: () => number } {
      const args = names.length > 0 ? [join("test", "children", "cleaning-bot.mjs"), ...names] : [];
      const program = names.length > 0 ? args : ["--input-type=module", "--eval", head + text];
      const bot = new Child(program, { KISSBOT_MONITOR_SOCKET: monitor.socketPath }, asOne);
      const own = bot.process.pid;
      const pid = () => Number(readFileSync(`/proc/${own}/task/${own}/children`, "utf8"));
      return { bot, pid };
    }

    test.each([
      ["SIGTERM", 143],
      ["SIGINT", 130],
    ] as const)("%s ends it with code %i, after one goodbye [client/F3]", async (signal, code) => {
      for (const names of [
        [],
        ["client", "signal-exit 3"],
        ["signal-exit 4", "client"],
        ["signal-exit 3", "client", "signal-exit 4"],
      ]) {
        const before = monitor.messages.length;
        const { bot, pid } = runAsOne(
          "client.start({}, { intervalMs: 20 }); stay(); say('ready');",
          ...names,
        );
        await until(() => bot.stdout.includes("ready"));
        await until(() => monitor.messages.length > before);
        process.kill(pid(), signal);
        expect(await bot.exited).toMatchObject({ code, stderr: "" });
        const types = monitor.messages.slice(before).map(({ type }) => type);
        expect([types[0], types.at(-1)]).toEqual(["register", "unregister"]);
        expect(monitor.messages.at(-1)).toMatchObject({ pid: 1 });
      }
    });

    test("a listener of the bot's own still decides whether it ends [client/F3]", async () => {
      const { bot, pid } = runAsOne(
        "client.start({}, { intervalMs: 20 }); process.on('SIGTERM', () => say('kept')); stay(); say('ready');",
      );
      await until(() => bot.stdout.includes("ready"));
      await hasSaid("heartbeat");
      process.kill(pid(), "SIGTERM");
      await until(() => bot.stdout.includes("kept"));
      await hasSaid("register", 2);
      const beats = count("heartbeat");
      await hasSaid("heartbeat", beats + 3);
      process.kill(pid(), "SIGINT");
      expect(await bot.exited).toMatchObject({ code: 130 });
      expect(count("unregister")).toBe(2);
    });
  },
);

describe("whose goodbye", () => {
  const other = `
import { spawn } from "node:child_process";
import { registerWithMonitor } from "@kissbot/client/legacy";
const sleeper = spawn(process.execPath, ["--eval", "setTimeout(() => {}, 60_000)"], { stdio: "ignore", detached: true });
sleeper.unref();
say(sleeper.pid);
`;

  test.each([
    ["a client", "void new MonitorClient('other', sleeper.pid).register();"],
    ["start", "new MonitorClient('other', sleeper.pid).start();"],
    ["the legacy functions", "registerWithMonitor('other', sleeper.pid, { chat: true });"],
  ])("a process that ends says none in the name of another one, by %s [client/F4]", async (_, registers) => {
    for (const end of ["", "process.exit(0);", "process.kill(process.pid, 'SIGTERM'); stay();"]) {
      const before = count("register", "other");
      const launcher = run(`${other} await client.register(); client.unregisterOnSignals(); ${registers}
await new Promise((resolve) => setTimeout(resolve, 50)); ${end}`);
      await restOf(launcher);
      process.kill(Number(launcher.stdout), "SIGKILL");
      // What waited went out, and its own goodbye.
      expect(count("register", "other")).toBe(before + 1);
      expect(count("unregister", "other")).toBe(0);
      expect(said().at(-1)).toBe("unregister");
    }
  });

  test("it is said for another one where the bot asks for it, once [client/F4] [client/F17]", async () => {
    const client = new (await import("../src/index.js")).MonitorClient("other", process.ppid, {
      socketPath: monitor.socketPath,
    });
    expect(await client.unregister()).toBe(true);
    expect(await client.unregister()).toBe(true);
    expect(await client.logMetric("end", 1)).toBe(true);
    await until(() => said("other").includes("custom_metric"));
    expect(said("other")).toEqual(["unregister", "custom_metric"]);
    await client.close();
  });
});

describe("how many goodbyes", () => {
  const end = "await client.logMetric('end', 1);";
  test.each([
    [
      "two calls",
      "await client.register(); await client.unregister(); await client.unregister();",
      ["register", "unregister"],
    ],
    [
      "two calls in one tick",
      "void client.register(); void client.unregister(); void client.unregister();",
      ["register", "unregister"],
    ],
    ["no registration", `await client.unregister(); ${end}`, ["custom_metric"]],
    [
      "no registration, and beats",
      `await client.unregister(); await client.heartbeat(); ${end}`,
      ["heartbeat", "custom_metric"],
    ],
    [
      "beats after it",
      `await client.register(); await client.unregister(); await client.heartbeat(); ${end}`,
      ["register", "unregister", "custom_metric"],
    ],
    [
      "a timer after it",
      `await client.register(); await client.unregister(); client.startHeartbeat(); ${end}`,
      ["register", "unregister", "custom_metric"],
    ],
    [
      "a registration after it, which ends the silence",
      "await client.register(); await client.unregister(); client.startHeartbeat(); await client.register(); await client.heartbeat(); await client.unregister();",
      ["register", "unregister", "register", "heartbeat", "unregister"],
    ],
    [
      "an exit listener of the bot's",
      "process.on('exit', () => void client.unregister()); await client.register();",
      ["register", "unregister"],
    ],
    [
      "the same and process.exit",
      "await client.register(); process.on('exit', () => void client.unregister()); process.exit(0);",
      ["register", "unregister"],
    ],
    [
      "start after it",
      "client.start({ chat: true }); await client.unregister(); client.start(); await client.unregister();",
      ["register", "heartbeat", "unregister", "register", "heartbeat", "unregister"],
    ],
  ])("%s: one for each registration, and none without one [client/F17]", async (_, text, lines) => {
    expect(await restOf(run(text))).toMatchObject({ code: 0, stderr: "" });
    expect(said()).toEqual(lines);
  });

  test("a handler that says goodbye itself adds none to that of unregisterOnSignals [client/F17]", async () => {
    const bot = run(
      `client.start(); process.once("SIGTERM", async () => { await client.unregister(); await client.close(); process.exit(0); }); stay();`,
    );
    await hasSaid("heartbeat");
    bot.signal("SIGTERM");
    expect(await restOf(bot)).toMatchObject({ code: 0 });
    expect(said()).toEqual(["register", "heartbeat", "unregister"]);
  });

  test("a goodbye that was not sent has the outcome of the one before, and the sum holds [client/F17]", async () => {
    const { MonitorClient } = await import("../src/index.js");
    for (const [socketPath, sent] of [
      [monitor.socketPath, true],
      [`${monitor.socketPath}.absent`, false],
    ] as const) {
      const client = new MonitorClient("sum", { socketPath });
      expect(await client.unregister()).toBe(false);
      expect(await client.register()).toBe(sent);
      expect(await client.unregister()).toBe(sent);
      expect(await client.unregister()).toBe(sent);
      expect(await client.heartbeat()).toBe(false);
      const stats = client.stats();
      expect(stats.superseded).toBe(3);
      expect(stats.sent + stats.waiting + stats.superseded).toBe(5);
      client[Symbol.dispose]();
    }
  });
});

describe("the code that counts", () => {
  test.each([
    ["sets exitCode", "process.on('exit', () => { process.exitCode = 3; });"],
    ["calls process.exit", "process.on('exit', () => process.exit(3));"],
    ["throws", "process.on('exit', () => { throw new Error('late'); });"],
    [
      "is the second one",
      "process.on('exit', () => {}); process.on('exit', () => { process.exitCode = 3; });",
    ],
    [
      "reports, too",
      "process.on('exit', () => { void client.logMetric('late', 1); process.exitCode = 3; });",
    ],
  ])("is the last one, where a later exit listener %s: no goodbye [client/F23]", async (name, listener) => {
    for (const end of ["", "process.exit(0);", "setTimeout(() => process.exit(0), 20);"]) {
      const before = monitor.messages.length;
      const exit = await restOf(run(`await client.register(); ${listener} ${end}`));
      // Node itself ends with 0 where a listener throws in process.exit(0).
      if (name !== "throws") expect(exit.code).toBe(3);
      const types = monitor.messages
        .slice(before)
        .filter(({ channel }) => channel === "bot")
        .map(({ type }) => type);
      const reported = name.includes("reports") ? ["custom_metric"] : [];
      // The heartbeat has the last words. Where a listener ends the process in the midst of a
      // natural end, or throws, the client is not asked for any.
      const isCutOff = name === "throws" || (name === "calls process.exit" && end === "");
      expect(types).toEqual(["register", ...reported, ...(isCutOff ? [] : ["heartbeat"])]);
    }
  });

  test.each(["", "process.exit(0);", "setTimeout(() => process.exit(), 20);"])(
    "a later exit listener that changes nothing leaves the goodbye: %s [client/F23]",
    async (end) => {
      const exit = await restOf(
        run(`await client.register(); process.on('exit', () => say('later')); ${end}`),
      );
      expect(exit).toMatchObject({ code: 0, stdout: "later\n", stderr: "" });
      expect(said()).toEqual(["register", "unregister"]);
    },
  );

  test("work that a beforeExit listener adds, and the exit that follows, are seen as they are [client/F23]", async () => {
    const exit = await restOf(
      run(`await client.register();
process.once('beforeExit', () => setTimeout(() => {
  process.on('exit', () => { process.exitCode = 3; });
  process.exit(0);
}, 20));`),
    );
    expect(exit.code).toBe(3);
    expect(said()).toEqual(["register", "heartbeat"]);
  });

  test.each(["", "process.exit(0);", "process.nextTick(() => process.exit(0));"])(
    "a listener that a beforeExit listener adds is waited for, too: %s [client/F23]",
    async (end) => {
      for (const [set, code] of [
        ["process.exitCode = 3", 3],
        ["say('later')", 0],
      ] as const) {
        const before = monitor.messages.length;
        const exit = await restOf(
          run(`await client.register();
process.once('beforeExit', () => { process.on('exit', () => { ${set}; }); ${end} });`),
        );
        expect(exit.code).toBe(code);
        const types = monitor.messages.slice(before).filter(({ channel }) => channel === "bot");
        expect(types.map(({ type }) => type)).toEqual(["register", code === 0 ? "unregister" : "heartbeat"]);
      }
    },
  );

  test.each([
    ["at once", "process.exit(0);", 0, false],
    ["after some work", "setTimeout(() => process.exit(0), 50);", 0, false],
    ["by itself", "", 0, false],
  ])(
    "an end with code 0 %s after an uncaught exception is no clean one [trial/B9]",
    async (_, end, code, isClean) => {
      for (const fatal of [
        "setTimeout(() => { throw new Error('fatal'); });",
        "void Promise.reject(new Error('fatal'));",
      ]) {
        const exit = await restOf(
          run(
            `await client.register(); process.on('uncaughtException', () => { say('caught'); ${end} }); ${fatal}`,
          ),
        );
        expect(exit).toMatchObject({ code, stdout: "caught\n" });
        expect(said().includes("unregister")).toBe(isClean);
      }
    },
  );
});

describe("surroundings", () => {
  test.each([
    ["exit", ""],
    ["beforeExit", ""],
    ["uncaughtExceptionMonitor", ""],
  ])("a client made after removeAllListeners(%j) listens again [client/F26]", async (event) => {
    await restOf(
      run(`await client.register(); process.removeAllListeners(${JSON.stringify(event)});
const late = new MonitorClient("late"); await late.register();`),
    );
    expect(said()).toEqual(["register", "unregister"]);
    expect(said("late")).toEqual(["register", "unregister"]);
  });

  test("a bot that beats listens again after removeAllListeners, for its end and for signals [client/F26]", async () => {
    for (const signal of [undefined, "SIGTERM", "SIGINT"] as const) {
      const before = count("unregister");
      const bot = run(`client.start({}, { intervalMs: 20 });
for (const event of ["exit", "SIGTERM", "SIGINT"]) process.removeAllListeners(event);
process.on("SIGUSR2", () => process.exit(0)); stay(); say("ready");`);
      await until(() => bot.stdout.includes("ready"));
      const beats = count("heartbeat");
      await hasSaid("heartbeat", beats + 3);
      bot.signal(signal ?? "SIGUSR2");
      expect(await restOf(bot)).toMatchObject(signal === undefined ? { code: 0 } : { signal });
      expect(count("unregister")).toBe(before + 1);
    }
  });

  test("a second unregisterOnSignals listens again after removeAllListeners [client/F26]", async () => {
    const bot = run(`await client.register(); client.unregisterOnSignals();
process.removeAllListeners("SIGTERM"); process.removeAllListeners("SIGINT");
client.unregisterOnSignals(); stay(); say("ready");`);
    await until(() => bot.stdout.includes("ready"));
    bot.signal("SIGTERM");
    expect(await restOf(bot)).toMatchObject({ signal: "SIGTERM" });
    expect(said()).toEqual(["register", "unregister"]);
  });

  test("in a worker thread, unregisterOnSignals says that no signal reaches it [client/F26]", async () => {
    const source = `const { MonitorClient } = require("@kissbot/client");
const { writeSync } = require("node:fs");
new MonitorClient("worker", { logger: (line) => writeSync(1, line + "\\n") }).start();`;
    const exit = await restOf(
      run(
        `import { Worker } from "node:worker_threads"; new Worker(${JSON.stringify(source)}, { eval: true, execArgv: [] });`,
      ),
    );
    expect(exit.stdout).toContain("unregisterOnSignals: no signal reaches a worker thread");
    expect(said("worker")).toEqual(["register", "heartbeat", "unregister"]);
  });

  const frozen = {
    "globalThis not extensible": "Object.preventExtensions(globalThis);",
    "globalThis sealed": "Object.seal(globalThis);",
    "globalThis frozen": "Object.freeze(globalThis);",
    "process not extensible": "Object.preventExtensions(process);",
  };
  test.each(Object.entries(frozen))(
    "%s: the constructor does not throw, and ends and signals are as ever [client/F30]",
    async (_, freeze) => {
      const text = `import { createRequire } from "node:module";
import { writeSync } from "node:fs";
const require = createRequire(process.cwd() + "/x.js");
import { MonitorClient } from "@kissbot/client";
const copy = require("@kissbot/client");
${freeze}
for (const [i, Client] of [MonitorClient, copy.MonitorClient].entries()) new Client("bot" + i).start();
`;
      const env = { KISSBOT_MONITOR_SOCKET: monitor.socketPath };
      expect(await restOf(runProgram(text, env))).toMatchObject({ code: 0, stderr: "" });
      for (const channel of ["bot0", "bot1"])
        expect(said(channel)).toEqual(["register", "heartbeat", "unregister"]);
      const bot = runProgram(`${text} setInterval(() => {}, 60_000); writeSync(1, "ready");`, env);
      await until(() => bot.stdout.includes("ready"));
      await until(() => count("register", "bot1") === 2);
      bot.signal("SIGTERM");
      expect(await restOf(bot)).toMatchObject({ signal: "SIGTERM", stderr: "" });
      for (const channel of ["bot0", "bot1"]) expect(count("unregister", channel)).toBe(2);
    },
  );

  test("a process that takes no listeners throws nothing at the bot [client/F30]", async () => {
    const text = `process.on = process.prependListener = () => { throw new Error("none"); };
const { MonitorClient } = await import("@kissbot/client");
new MonitorClient("bot").start();`;
    expect(await restOf(runProgram(text, { KISSBOT_MONITOR_SOCKET: monitor.socketPath }))).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(said()).toEqual(["register", "heartbeat"]);
  });

  test("functions of process that a bot replaces after the client is loaded are not called [client/F26]", async () => {
    const bot = run(`const refuse = (name) => () => { say(name); throw new Error(name); };
await client.register();
stay();
// Node itself needs them for as long as the module is evaluated.
setTimeout(() => {
  for (const name of ["on", "off", "prependListener", "listeners", "kill", "exit"]) process[name] = refuse(name);
  client.start(); say("ready");
}, 1);`);
    await until(() => bot.stdout.includes("ready"));
    await hasSaid("heartbeat");
    bot.signal("SIGTERM");
    expect(await restOf(bot)).toMatchObject({ signal: "SIGTERM", stdout: "ready\n", stderr: "" });
    expect(said().at(-1)).toBe("unregister");
  });

  test.each(["SIGTERM", "SIGINT"] as const)(
    "a bot that froze its process before or after the start ends by %s all the same [client/F2] [client/F30]",
    async (signal) => {
      for (const text of [
        "Object.freeze(process); new MonitorClient('bot').start();",
        "client.start(); Object.freeze(process);",
      ]) {
        const bot = run(`${text} stay(); say("ready");`);
        await until(() => bot.stdout.includes("ready"));
        await hasSaid("heartbeat", 1);
        bot.signal(signal);
        expect((await restOf(bot)).code).toBe(signal === "SIGTERM" ? 143 : 130);
        expect(said()).toEqual(["register", "heartbeat", "unregister"]);
        await monitor.stop();
        monitor = await new RecordingMonitor().start();
      }
    },
  );

  test.each([
    "JSON.stringify = JSON.parse = () => { throw new Error('no'); }",
    "globalThis.JSON = undefined",
  ])("a test that replaces JSON changes nothing: %s [client/F14]", async (text) => {
    const bot = run(`${text};
client.start({ chat: true, voice: "no" });
void client.heartbeat({ rss: 1 });
setTimeout(() => process.exit(0), 100);`);
    expect(await restOf(bot)).toMatchObject({ code: 0 });
    expect(said()).toEqual(["register", "heartbeat", "unregister"]);
    expect(monitor.ofType("register")[0]?.features).toEqual({ chat: true });
  });

  test("timers that were replaced before it was loaded do not harm the end [client/F10]", async () => {
    const text = `const timers = (await import("node:module")).createRequire("/")("node:timers");
for (const name of ["setTimeout", "setInterval", "setImmediate"]) timers[name] = () => {};
(await import("node:module")).syncBuiltinESMExports();
const { MonitorClient } = await import("@kissbot/client");
new MonitorClient("bot").start();`;
    expect(await restOf(runProgram(text, { KISSBOT_MONITOR_SOCKET: monitor.socketPath }))).toMatchObject({
      code: 0,
      stderr: "",
    });
    expect(said()).toEqual(["register", "heartbeat", "unregister"]);
  });

  test.each(["undefined", "{ env: {} }"])(
    "a test that puts %s in the place of process harms no client [client/F30]",
    async (stub) => {
      const bot = run(`const it = process;
globalThis.process = ${stub};
new MonitorClient("other").start();
it.nextTick(() => it.exit(0));`);
      expect(await restOf(bot)).toMatchObject({ code: 0, stderr: "" });
      expect(said("other")).toEqual(["register", "heartbeat", "unregister"]);
    },
  );

  const key = 'Symbol.for("@kissbot/client exit hook 1")';

  test("the hook of an older copy of the package serves a newer client [client/F26]", async () => {
    const text = `
const endings = new Set(), watchers = new Set();
globalThis[${key}] = {
  join: (ending) => endings.add(ending),
  joinSignals: (ending) => watchers.add(ending),
  leave: (ending) => { endings.delete(ending); watchers.delete(ending); },
};
process.on("exit", (code) => { for (const ending of endings) ending.onExit(code); });
const { MonitorClient } = await import("@kissbot/client");
new MonitorClient("bot").start({}, { intervalMs: 20 });
setTimeout(() => { for (const ending of watchers) ending.onSignal(); }, 30);
setTimeout(() => {}, 400);`;
    const bot = runProgram(text, { KISSBOT_MONITOR_SOCKET: monitor.socketPath });
    expect(await restOf(bot)).toMatchObject({ code: 0, stderr: "" });
    expect([count("register"), count("unregister"), said().at(-1)]).toEqual([2, 2, "unregister"]);
  });

  test("this copy's hook serves an older client, which says goodbye where the last code is 0 [client/F26]", async () => {
    for (const [end, codes] of [
      ["", "0"],
      ["process.exit(0);", "0"],
      ["process.on('exit', () => {}); process.exit(0);", "1,0"],
      ["process.on('exit', () => process.exit(3)); process.exit(0);", "1,3"],
    ]) {
      const bot = run(`const codes = [];
globalThis[${key}].join({ onExit: (code) => codes.push(code), onSignal() {} });
globalThis[${key}].join({ onExit: () => say(codes), onSignal() {} }); ${end}`);
      const { stdout } = await bot.exited;
      expect(stdout.trim().split("\n").at(-1)).toBe(codes);
    }
  });
});

test("a beforeExit listener that awaits close ends, though the monitor is absent [client/F32]", async () => {
  const bot = runProgram(
    `${head} await client.register(); let times = 0;
process.on("beforeExit", async () => { if (++times > 5) process.exit(7); await client.close({ timeoutMs: 20 }); });`,
    { KISSBOT_MONITOR_SOCKET: `${monitor.socketPath}.absent` },
  );
  expect(await bot.exited).toMatchObject({ code: 0, stderr: "" });
});
