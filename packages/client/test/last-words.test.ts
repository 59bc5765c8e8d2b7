import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { describeError, textOfLastWords } from "../src/last-words.js";
import { FrozenMonitor, RecordingMonitor } from "../src/testing.js";
import { Child, type Exit, killChildren, packageFolder } from "./child.js";

vi.setConfig({ testTimeout: 120_000 });

const place = new TemporaryFolder("last-words");
let monitor: RecordingMonitor;
let programs = 0;

beforeEach(async () => {
  monitor = await new RecordingMonitor().start();
});
afterEach(() => monitor[Symbol.asyncDispose]());
afterAll(async () => {
  await killChildren();
  place[Symbol.dispose]();
});

const dist = (name: string) => JSON.stringify(pathToFileURL(join(packageFolder, "dist", name)).href);

/** A bot in `bot.mjs`; its own text begins in line 3. */
function start(text: string, { options = "{}", socketPath = monitor.socketPath } = {}): Child {
  const folder = join(place.path, `${programs++}`);
  mkdirSync(folder);
  const head = `import { MonitorClient } from ${dist("index.js")};
const client = new MonitorClient("bot", ${options}); class TokenInvalid extends Error {}
`;
  writeFileSync(join(folder, "bot.mjs"), head + text);
  return new Child([join(folder, "bot.mjs")], { KISSBOT_MONITOR_SOCKET: socketPath });
}

/** How the bot ended, and what it said: its types, with the trouble of those that have one. */
async function lifeOf(text: string, options?: string): Promise<{ exit: Exit; said: string[] }> {
  const exit = await start(`${text}\n`, options === undefined ? {} : { options }).exited;
  const mark = new MonitorMark();
  await mark.arrives();
  const said = monitor.messages.flatMap((message) =>
    message.type === "custom_metric"
      ? []
      : "trouble" in message && message.trouble !== undefined
        ? `${message.type} ${message.trouble}`
        : message.type,
  );
  return { exit, said };
}

/**
 * A line of another process, sent when the bot is gone: what the bot wrote has arrived before it.
 */
class MonitorMark {
  async arrives(): Promise<void> {
    const text = `import { MonitorClient } from "@kissbot/client"; await new MonitorClient("mark").logMetric("mark", 1);`;
    const before = monitor.ofType("custom_metric").length;
    await new Child(["--input-type=module", "--eval", text], { KISSBOT_MONITOR_SOCKET: monitor.socketPath })
      .exited;
    await monitor.waitFor(() => monitor.ofType("custom_metric").length > before, { timeoutMs: 30_000 });
  }
}

describe("a registered bot that ends without a goodbye says why", () => {
  test.each([
    [
      "by an error of a class of its own",
      "await client.register();\nthrow new TokenInvalid('secret');",
      1,
      "exit 1: TokenInvalid at bot.mjs:4",
    ],
    [
      "by an error with a code",
      "import fs from 'node:fs';\nawait client.register();\nfs.readFileSync('/nowhere');",
      1,
      "exit 1: Error ENOENT at bot.mjs:5",
    ],
    [
      "by a rejection that nobody handles",
      "await client.register();\nasync function work() {\n  throw new TokenInvalid('secret');\n}\nvoid work();\nsetInterval(() => {}, 1000);",
      1,
      "exit 1: TokenInvalid at bot.mjs:5",
    ],
    [
      "by a rejection with a text",
      "await client.register();\nvoid Promise.reject('secret');\nsetInterval(() => {}, 1000);",
      1,
      "exit 1: UnhandledPromiseRejection ERR_UNHANDLED_REJECTION",
    ],
    [
      "by an error event that nobody hears",
      "import net from 'node:net';\nawait client.register();\nnet.connect('/nowhere');",
      1,
      /^exit 1: Error ENOENT at node:net:\d+$/,
    ],
    ["by a text that is thrown", "await client.register();\nthrow 'secret';", 1, "exit 1: a thrown string"],
    ["by nothing that is thrown", "await client.register();\nthrow null;", 1, "exit 1: a thrown null"],
    ["by process.exit(3)", "await client.register();\nprocess.exit(3);", 3, "exit 3"],
    ["by an exit code that it set", "await client.register();\nprocess.exitCode = 4;", 4, "exit 4"],
    [
      "by process.exit before its first connection is there",
      "void client.register();\nprocess.exit(3);",
      3,
      "exit 3",
    ],
    [
      "by a promise that never settles",
      "await client.register();\nawait new Promise(() => {});",
      13,
      "exit 13",
    ],
    [
      "by an exit listener that changes the code",
      "await client.register();\nprocess.on('exit', () => { process.exitCode = 5; });",
      5,
      "exit 5",
    ],
    [
      "by process.exit with an exit listener of its own behind",
      "await client.register();\nprocess.on('exit', () => {});\nprocess.exit(3);",
      3,
      "exit 3",
    ],
    [
      "by an error with an exit listener of its own behind",
      "await client.register();\nprocess.on('exit', () => {});\nthrow new TokenInvalid('secret');",
      1,
      "exit 1: TokenInvalid at bot.mjs:5",
    ],
    [
      "by a handler of its own that ends it with 0",
      "await client.register();\nprocess.on('uncaughtException', () => process.exit(0));\nthrow new TokenInvalid('secret');",
      0,
      "exit 0: TokenInvalid at bot.mjs:5",
    ],
    [
      "by a handler of its own that ends it later",
      "await client.register();\nprocess.on('uncaughtException', () => setTimeout(() => process.exit(2), 100));\nthrow new TokenInvalid('secret');",
      2,
      "exit 2: TokenInvalid at bot.mjs:5",
    ],
  ])("%s [trial/B4]", async (_how, text, code, words) => {
    const { exit, said } = await lifeOf(text);
    expect(exit).toMatchObject({ code, signal: null });
    expect(said[0]).toBe("register");
    // Where the connection is made by the exit itself, a second registration begins it.
    expect(said.slice(1).map((one) => one.split(" ", 2).join(" "))).toContain("heartbeat exit");
    const trouble = said.at(-1)?.slice("heartbeat ".length);
    if (typeof words === "string") expect(trouble).toBe(words);
    else expect(trouble).toMatch(words);
    expect(JSON.stringify(monitor.messages)).not.toContain("secret");
  });

  test("the trouble that stood before gives way to them, also within the same second [trial/B4]", async () => {
    const { said } = await lifeOf(
      "await client.register();\nawait client.setTrouble('deaf');\nprocess.exit(3);",
    );
    expect(said).toEqual(["register", "heartbeat deaf", "heartbeat exit 3"]);
  });

  test('the message is said with lastWords: "message", on one line [trial/B4]', async () => {
    const text = "await client.register();\nthrow new TokenInvalid('the token\\nof ' + 'x'.repeat(1000));";
    const { said } = await lifeOf(text, '{ lastWords: "message" }');
    const words = "exit 1: TokenInvalid at bot.mjs:4: the token of ";
    expect(said).toEqual(["register", `heartbeat ${words}${"x".repeat(256 - words.length)}`]);
  });

  test("a worker's bot says it when its worker ends, and its process goes on [trial/B4]", async () => {
    const worker = `import(${dist("index.js")}).then(async ({ MonitorClient }) => {
      await new MonitorClient("worker").register();
      throw new RangeError("secret");
    });`;
    const { exit, said } = await lifeOf(
      `import { Worker } from "node:worker_threads";
new Worker(${JSON.stringify(worker)}, { eval: true }).on("error", () => process.stdout.write("on"));`,
    );
    expect(exit).toMatchObject({ code: 0, stdout: "on" });
    expect(said[0]).toBe("register");
    expect(said[1]).toMatch(/^heartbeat exit 1: RangeError at .*:3$/);
    expect(said).toHaveLength(2);
  });

  test("a copy for CommonJS beside one for ES modules says it once for each client [trial/B4]", async () => {
    const { said } = await lifeOf(`import { createRequire } from "node:module";
const copy = createRequire(import.meta.url)(${JSON.stringify(join(packageFolder, "dist", "index.cjs"))});
await client.register(); await new copy.MonitorClient("two").register();
process.exit(3);`);
    expect(said.sort()).toEqual(["heartbeat exit 3", "heartbeat exit 3", "register", "register"]);
  });
});

describe("no last words", () => {
  test.each([
    ["at a clean end", "await client.register();", 0, ["register", "unregister"]],
    ["at process.exit(0)", "await client.register(); process.exit(0);", 0, ["register", "unregister"]],
    [
      "at process.exit(0) with an exit listener behind",
      "await client.register(); process.on('exit', () => {}); process.exit(0);",
      0,
      ["register", "unregister"],
    ],
    [
      "after a goodbye",
      "await client.register(); await client.unregister(); process.exit(3);",
      3,
      ["register", "unregister"],
    ],
    ["after close", "await client.register(); await client.close(); process.exit(3);", 3, ["register"]],
    ["of a bot that was never registered", "await client.heartbeat(); process.exit(3);", 3, ["heartbeat"]],
    [
      "of a bot in another process",
      `const other = new MonitorClient("other", process.ppid); await other.register(); process.exit(3);`,
      3,
      ["register"],
    ],
    [
      "where the bot survived its exception, and ends well later",
      "await client.register(); process.once('uncaughtException', () => setTimeout(() => {}, 10_500)); setTimeout(() => { throw new Error('x'); });",
      0,
      ["register", "unregister"],
    ],
  ])("%s [trial/B4]", async (_when, text, code, types) => {
    const { exit, said } = await lifeOf(text);
    expect({ code: exit.code, said }).toEqual({ code, said: types });
  });

  test("with lastWords: false [trial/B4]", async () => {
    const { said } = await lifeOf("await client.register(); throw new Error('x');", "{ lastWords: false }");
    expect(said).toEqual(["register"]);
  });

  test.each(["SIGTERM", "SIGKILL"] as const)("where %s ends the process [trial/B4]", async (signal) => {
    const bot = start("await client.register(); setInterval(() => {}, 1_000);\n");
    await monitor.waitFor((messages) => messages.length === 1);
    bot.signal(signal);
    expect(await bot.exited).toMatchObject({ signal });
    await new MonitorMark().arrives();
    expect(monitor.messages.map(({ type }) => type)).toEqual(["register", "custom_metric"]);
  });

  test("where a worker is terminated [trial/B4]", async () => {
    const worker = `import(${dist("index.js")}).then(async ({ MonitorClient }) => {
      await new MonitorClient("worker").register();
      require("node:worker_threads").parentPort.postMessage("there");
      setInterval(() => {}, 1_000);
    });`;
    const { exit, said } = await lifeOf(
      `import { Worker } from "node:worker_threads";
const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
worker.on("message", () => worker.terminate());`,
    );
    expect({ code: exit.code, said }).toEqual({ code: 0, said: ["register"] });
  });
});

test("a wrong lastWords is told, and taken for true [trial/B4]", async () => {
  const { exit, said } = await lifeOf(
    "await client.register(); process.exitCode = 3;",
    '{ lastWords: "all" }',
  );
  expect(exit.stderr).toContain(
    '[KISSBOT_INVALID_ARGUMENT] KissbotWarning: MonitorClient: lastWords: expected true, false or "message"; using true',
  );
  expect(said).toEqual(["register", "heartbeat exit 3"]);
});

describe("nothing that is thrown changes how the bot ends", () => {
  // Each is thrown by a bot with a client and by one without: code and what Node prints are the
  // same.
  test.each([
    "new Error('boom')",
    "'text'",
    "null",
    "undefined",
    "Symbol('s')",
    "Object.freeze(new Error('frozen'))",
    "Object.defineProperty(new Error('m'), 'message', { get() { throw new Error('hostile'); } })",
    "Object.assign(new Error('x'), { name: 'x'.repeat(1000), code: { toString() { throw 1; } }, constructor: null })",
    "new Proxy({}, { get() { throw new Error('trap'); }, getPrototypeOf() { throw new Error('trap'); } })",
    "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()",
    "Object.create(null)",
  ])("%s [trial/B4]", async (thrown) => {
    const text = `await 0;\nthrow ${thrown};\n`;
    const bare = new Child(["--input-type=module", "--eval", text]);
    const withClient = new Child(
      [
        "--input-type=module",
        "--eval",
        `import { MonitorClient } from "@kissbot/client"; void new MonitorClient("bot").register(); ${text}`,
      ],
      { KISSBOT_MONITOR_SOCKET: monitor.socketPath },
    );
    const [alone, beside] = await Promise.all([bare.exited, withClient.exited]);
    const tail = ({ stderr }: Exit) =>
      stderr.split("\n").filter((line) => !/^ {2,}at |^file:|^\s*\^|eval1|throw|^\s*$/.test(line));
    expect(beside.code).toBe(alone.code);
    expect(tail(beside)).toEqual(tail(alone));
    await monitor.waitFor(() => monitor.ofType("heartbeat").length === 1);
    expect(monitor.ofType("heartbeat")[0]?.trouble).toMatch(/^exit \d+: \S/);
    expect(monitor.rejections).toEqual([]);
  });

  test("a frozen monitor holds no bot that dies [trial/B4]", async () => {
    const frozen = await new FrozenMonitor().start();
    try {
      const text = "await client.register();\nprocess.exit(3);\n";
      const { code } = await start(text, { socketPath: frozen.socketPath }).exited;
      expect(code).toBe(3);
    } finally {
      await frozen[Symbol.asyncDispose]();
    }
  });
});

describe("the words for an error", () => {
  const kindOf = (error: unknown) => describeError(error).kind;
  const at = (stack: string, fields: object = {}) =>
    kindOf(Object.assign(new TypeError("m"), { stack: `TypeError: m\n${stack}`, ...fields }));

  test.each([
    ["    at fn (/srv/bots/bot.js:12:5)", "TypeError at bot.js:12"],
    ["    at /srv/bots/bot.js:12:5", "TypeError at bot.js:12"],
    ["    at async file:///srv/bots/bot.mjs?v=secret:12:5", "TypeError at bot.mjs:12"],
    ["    at async Object.fn [as start] (file:///srv/my%20bot.js:12:5)", "TypeError at my bot.js:12"],
    ["    at new Bot (C:\\bots\\bot.js:12:5)", "TypeError at bot.js:12"],
    ["    at fn (/srv/copy (1)/bot (2).js:12:5)", "TypeError at bot (2).js:12"],
    ["    at node:net:1611:16\n    at fn (/srv/bot.js:3:1)", "TypeError at bot.js:3"],
    ["    at afterConnect [as oncomplete] (node:net:1611:16)", "TypeError at node:net:1611"],
    ["    at JSON.parse (<anonymous>)\n    at fn (/srv/bot.js:3:1)", "TypeError at bot.js:3"],
    [
      "    at eval (eval at x (/srv/a.js:1:1), <anonymous>:1:1)\n    at x (/srv/a.js:1:1)",
      "TypeError at a.js:1",
    ],
    ["    at node:internal/process/promises:389:32", "TypeError"],
    ["    at data:text/javascript,secret:1:7\n    at async Promise.all (index 0)", "TypeError"],
    ["no frame", "TypeError"],
  ])("%j is %s [trial/B4]", (stack, kind) => {
    expect(at(stack)).toBe(kind);
  });

  test("a message that looks like a frame is none [trial/B4]", () => {
    const message = "no\n    at secret (/srv/secret.js:1:1)";
    const error = Object.assign(new Error(message), {
      stack: `Error: ${message}\n    at fn (/srv/bot.js:12:5)`,
    });
    expect(kindOf(error)).toBe("Error at bot.js:12");
  });

  test("class and code are names, or they are not said [trial/B4]", () => {
    const stack = "    at fn (/srv/bot.js:12:5)";
    expect(at(stack, { name: "DiscordAPIError[50013]", code: 50013 })).toBe("TypeError 50013 at bot.js:12");
    expect(at(stack, { name: "Error [TokenInvalid]", code: "TokenInvalid" })).toBe(
      "TypeError TokenInvalid at bot.js:12",
    );
    expect(at(stack, { name: "my secret is 1234" })).toBe("TypeError at bot.js:12");
    expect(at(stack, { code: "my secret is 1234" })).toBe("TypeError at bot.js:12");
    expect(at(stack, { code: "TypeError" })).toBe("TypeError at bot.js:12");
    expect(at(stack, { name: 7, code: Number.NaN, constructor: undefined })).toBe("Error at bot.js:12");
    expect(kindOf(new DOMException("m", "AbortError"))).toMatch(
      /^AbortError 20 at last-words\.test\.ts:\d+$/,
    );
  });

  test("an error of another realm, and one without a stack, are errors too [trial/B4]", () => {
    expect(kindOf(vm.runInNewContext("new RangeError('m')"))).toMatch(/^RangeError/);
    expect(kindOf(Object.assign(new RangeError("m"), { stack: [] }))).toBe("RangeError");
    expect(kindOf(Object.assign(new RangeError("m"), { stack: undefined }))).toBe("RangeError");
    expect(kindOf({ message: "m" })).toBe("a thrown object");
    expect(describeError("text")).toEqual({ kind: "a thrown string", message: "text" });
  });

  test("the words are one line of at most 256 code points, however long a name is [trial/B4]", () => {
    const error = describeError(new Error(`a\n${"x".repeat(100_000)}`));
    const words = textOfLastWords({ exitCode: 1, error }, "message");
    expect([...words].length).toBe(256);
    expect(words).not.toMatch(/\p{Cc}/u);
    expect(textOfLastWords({ exitCode: 1, error }, true)).toMatch(/^exit 1: Error at \S+:\d+$/);
    expect(textOfLastWords({ exitCode: 3, error: undefined }, "message")).toBe("exit 3");
  });
});
