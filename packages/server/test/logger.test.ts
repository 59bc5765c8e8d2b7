import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { createLogger, type LogFields, type LogFormat } from "../src/logger.js";

async function written(format: LogFormat, fields: LogFields): Promise<string> {
  using folder = new TemporaryFolder("log");
  const descriptor = openSync(folder.file("log"), "w");
  try {
    const logger = createLogger({ level: "info", descriptor, format });
    logger.info(fields, "a sentence");
    logger.debug("not this");
    await logger.flush();
    return readFileSync(folder.file("log"), "utf8");
  } finally {
    closeSync(descriptor);
  }
}

const nasty = "a\u001b[31m\u009b31m\u202e\u007f\nb";

test("a line of JSON means what was logged, and no terminal obeys it", async () => {
  const line = await written("json", { channel: nasty, bot_pid: 7 });
  expect(JSON.parse(line)).toMatchObject({ channel: nasty, bot_pid: 7, msg: "a sentence" });
  expect(line.slice(0, -1)).toMatch(/^[\x20-\x7e]*$/);
});

test("a line of JSON has its level by name, its time with date and zone, and no pid of a logger [trial/O11]", async () => {
  const record = JSON.parse(await written("json", { bot_pid: 7 })) as Record<string, unknown>;
  expect(Object.keys(record)).toEqual(["level", "time", "bot_pid", "msg"]);
  expect(record["level"]).toBe("info");
  expect(record["time"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

test("a line for people cannot be broken or coloured by a bot's name", async () => {
  const line = await written("pretty", { channel: nasty });
  expect(line).toContain("a sentence");
  expect(line.slice(0, -1)).toMatch(/^[\x20-\x7e]*$/);
});

test("the format is JSON where standard error is no terminal, unless it is asked for [trial/O11]", async () => {
  expect(process.stderr.isTTY ?? false).toBe(false);
  expect(await written("auto", {})).toMatch(/^\{"level":"info",/);
  expect(await written("pretty", {})).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d INFO {2}a sentence\n$/,
  );
});

test("the compiler refuses fields that stand for the logger itself [trial/O11]", () => {
  const logger = createLogger({ level: "silent" });
  const { pid } = process;
  // @ts-expect-error The process of a bot is `bot_pid`.
  logger.info({ channel: "a", pid }, "a sentence");
  // @ts-expect-error So with its name.
  logger.info({ name: "a" }, "a sentence");
  logger.info({ channel: "a", bot_pid: pid }, "a sentence");
});

test("who does not read the log is not waited for", async () => {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL("../dist/index.js", import.meta.url).href)};
    const logger = createLogger({ level: "info" });
    const line = "x".repeat(1_000);
    let turns = 0;
    const loop = () => {
      for (let i = 0; i < 100; i++) logger.info({ line }, "much");
      if (++turns < 200) setImmediate(loop);
      else process.stdout.write("done", () => process.exit(0));
    };
    loop();`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  // 20 MB into a pipe that takes 64 kB and that nobody empties.
  child.stderr.pause();
  const [text] = await once(child.stdout, "data");
  expect(String(text)).toBe("done");
  child.kill("SIGKILL");
});
