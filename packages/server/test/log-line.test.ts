import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { prettyLogLine } from "../src/log-line.js";

beforeEach(() => vi.stubEnv("TZ", "Europe/Berlin"));
afterEach(() => vi.unstubAllEnvs());

const base = { level: "warn", time: "2026-11-26T01:44:36.123Z" };
const dead = {
  ...base,
  channel: "twitch/main",
  bot_pid: 657,
  from: "online",
  to: "dead",
  cause: "process 657 is gone",
  cause_code: "process_gone",
  lived_ms: 3_210,
  msg: "bot is dead",
};

function pretty(record: object, columns: number | null, coloured = false): string {
  return prettyLogLine(`${JSON.stringify(record)}\n`, { columns, coloured });
}

test("a line for people has the local date and time with its zone, the level, the sentence and the fields [trial/O11]", () => {
  expect(pretty(dead, null)).toBe(
    '2026-11-26 02:44:36 +01:00 WARN  bot is dead  channel=twitch/main bot_pid=657 cause="process 657 is gone" lived_ms=3210\n',
  );
  vi.stubEnv("TZ", "America/St_Johns");
  expect(pretty({ ...base, msg: "x" }, null)).toBe("2026-11-25 22:14:36 -03:30 WARN  x\n");
});

test("fields that do not fit into the terminal's width follow in lines of their own [trial/O11]", () => {
  expect(pretty(dead, 80)).toBe(
    [
      "2026-11-26 02:44:36 +01:00 WARN  bot is dead  channel=twitch/main bot_pid=657",
      '  cause="process 657 is gone" lived_ms=3210',
      "",
    ].join("\n"),
  );
  expect(pretty(dead, 40)).toBe(
    [
      "2026-11-26 02:44:36 +01:00 WARN  bot is dead",
      "  channel=twitch/main bot_pid=657",
      '  cause="process 657 is gone"',
      "  lived_ms=3210",
      "",
    ].join("\n"),
  );
});

test("an error is shown with its kind, its message and where it came from", () => {
  const err = {
    type: "TypeError",
    message: "no \u001b[31m",
    stack: "TypeError: no\n    at a (b.js:1)\n    at c",
  };
  expect(pretty({ ...base, level: "error", err, msg: "a fault" }, 80)).toBe(
    [
      '2026-11-26 02:44:36 +01:00 ERROR a fault  err="TypeError: no \\u001b[31m"',
      "  at a (b.js:1)",
      "  at c",
      "",
    ].join("\n"),
  );
});

test("what is unknown is left out, and what is no JSON stays as it is", () => {
  expect(pretty({ ...base, version: null, msg: "x" }, 80)).toBe("2026-11-26 02:44:36 +01:00 WARN  x\n");
  expect(prettyLogLine("no JSON\n", { columns: 80, coloured: true })).toBe("no JSON\n");
});

test("only a line in colour holds escape sequences", () => {
  expect(pretty(dead, 80, true)).toContain("\u001b[33mWARN \u001b[39m");
  expect(pretty(dead, 80)).not.toContain("\u001b");
});

test("whatever a field and an error hold, no line has a character that a terminal obeys, and none begins like a new entry", () => {
  const anyText = fc.string({ unit: "binary" });
  const record = fc.record({
    channel: anyText,
    detail: fc.jsonValue(),
    msg: anyText,
    err: fc.record({ type: anyText, message: anyText, stack: anyText }),
  });
  fc.assert(
    fc.property(record, fc.constantFrom(null, 40, 80), (fields, columns) => {
      const [first = "", ...more] = pretty({ ...base, ...fields }, columns).split("\n");
      expect(first.startsWith("2026-11-26 02:44:36 +01:00 WARN  ")).toBe(true);
      expect(more.pop()).toBe("");
      for (const line of more) expect(line.startsWith("  ")).toBe(true);
      for (const line of [first, ...more])
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e]/u);
    }),
  );
});
