import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { createLogger } from "../src/logger.js";

async function written(pretty: boolean, fields: object): Promise<string> {
  using folder = new TemporaryFolder("log");
  const descriptor = openSync(folder.file("log"), "w");
  try {
    const logger = createLogger({ level: "info", descriptor, pretty });
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
  const line = await written(false, { channel: nasty, pid: 7 });
  expect(JSON.parse(line)).toMatchObject({ channel: nasty, pid: 7, msg: "a sentence", level: 30 });
  expect(line.slice(0, -1)).toMatch(/^[\x20-\x7e]*$/);
});

test("a line for people cannot be broken or coloured by a bot's name", async () => {
  const line = await written(true, { channel: nasty });
  expect(line).toContain("a sentence");
  expect(line.slice(0, -1)).toMatch(/^[\x20-\x7e]*$/);
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
