import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "./program-run.js";

const place = new TemporaryFolder("cli");
const folder = place.path;
const socketPath = join(folder, "kb.sock");
let received = "";
let server: Server;

beforeAll(async () => {
  server = createServer((socket) =>
    socket.setEncoding("utf8").on("data", (text: string) => (received += text)),
  );
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  place[Symbol.dispose]();
});

async function sent(argv: readonly string[]): Promise<unknown> {
  received = "";
  const { code, stderr } = await run(["send", ...argv, "--socket", socketPath]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  await until("the line arrives", () => received.endsWith("\n"));
  return JSON.parse(received);
}

describe("every type can be sent", () => {
  test.each([
    [
      "heartbeat --channel x --pid 1 --rss-mb 9.5 --cpu-pct 3 --dropped 2 --started-at 5 --interval-s 30 --ts 7",
      { channel: "x", pid: 1, rss_mb: 9.5, cpu_pct: 3, dropped: 2, started_at: 5, interval_s: 30, ts: 7 },
    ],
    [
      "register --channel x --pid 1 --features chat --features music=false --version 1.2",
      { channel: "x", pid: 1, features: { chat: true, music: false }, version: "1.2" },
    ],
    ["unregister --channel 5 --pid 1", { channel: "5", pid: 1 }],
    [
      "llm_usage --channel x --model 4 --feature f --tokens-in 1 --tokens-out 0 --latency-ms 5 --provider p --tokens-cached 1 --tokens-cache-write 0 --cost-usd 0.5 --error rate_limit",
      {
        channel: "x",
        model: "4",
        feature: "f",
        tokens_in: 1,
        tokens_out: 0,
        latency_ms: 5,
        provider: "p",
        tokens_cached: 1,
        tokens_cache_write: 0,
        cost_usd: 0.5,
        error: "rate_limit",
      },
    ],
    [
      "custom_metric --channel x --metric-name n --value -1.5",
      { channel: "x", metric_name: "n", value: -1.5 },
    ],
  ])("%s", async (line, fields) => {
    const argv = line.split(" ");
    expect(await sent(argv)).toEqual({ type: argv[0], ...fields });
  });

  test("a line of JSON goes as it is", async () => {
    const line = '{"type": "heartbeat", "channel": "x", "pid": 1, "future": [1]}';
    await sent([line]);
    expect(received).toBe(`${line}\n`);
  });
});

test.each([
  [["heartbeat", "--channel", "x", "--pid", "0"], "--pid: expected a whole number from 1 to 4294967295"],
  [["heartbeat", "--channel", "x", "--pid", "one"], "--pid: expected"],
  [["heartbeat", "--channel", "a\u0001b", "--pid", "1"], "--channel: expected 1 to 128 characters"],
  [["register", "--channel", "x", "--pid", "1", "--features", "chat=maybe"], "--features: expected"],
  [
    [
      "llm_usage",
      "--channel",
      "x",
      "--model",
      "m",
      "--feature",
      "f",
      "--tokens-in",
      "1.5",
      "--tokens-out",
      "1",
    ],
    "--tokens-in: expected a whole number",
  ],
  [
    [
      "llm_usage",
      "--channel",
      "x",
      "--model",
      "m",
      "--feature",
      "f",
      "--tokens-in",
      "0",
      "--tokens-out",
      "0",
      "--error",
      "Rate limit exceeded",
    ],
    "--error: expected 1 to 64 characters of a-z, 0-9 and _",
  ],
  [["heartbeat", "--pid", "1"], "required option '--channel <name>' not specified"],
  [["hartbeat", "--channel", "x"], "did you mean heartbeat?"],
  [["hello"], "expected one of register, heartbeat, unregister, llm_usage, custom_metric, or a line of JSON"],
  [[], "or a line of JSON"],
  [['{"type":"heartbeat","channel":"x"}'], '"pid": expected'],
  [["{"], "it is not JSON"],
  [["[]"], "it is not a JSON object"],
  [["{}"], 'it has no "type"'],
  [['{"type":"hello"}'], 'its "type" is none of register'],
  [["{", "}"], 'one line of JSON, in quotes, got "}" behind it'],
])("%j is not sent", async (argv, fault) => {
  received = "";
  const { code, stdout, stderr } = await run([
    "send",
    ...argv,
    ...(argv.length > 0 ? ["--socket", socketPath] : []),
  ]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(fault);
  expect(received).toBe("");
});

test("nobody there is told with what to do", async () => {
  const argv = ["send", "unregister", "--channel", "x", "--pid", "1", "--socket"];
  const file = join(folder, "file");
  writeFileSync(file, "");
  for (const [path, fault] of [
    [join(folder, "none.sock"), "there is no socket"],
    [file, "no monitor listens on|is no socket"],
  ] as const) {
    const { code, stderr } = await run([...argv, path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(fault));
    expect(stderr).toContain("--socket");
  }
});
