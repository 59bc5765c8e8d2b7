import type { UsageTotalJson } from "@kissbot/store";
import { expect, test } from "vitest";
import type { BotRow } from "../../src/cli/bot-row.js";
import type { DemoReport } from "../../src/cli/demo/demo-report.js";
import { DemoScreen } from "../../src/cli/demo/demo-screen.js";
import { demoView } from "../../src/cli/demo/demo-view.js";
import { Terminal } from "../../src/cli/terminal.js";
import { textWidth } from "../../src/cli/text-width.js";
import { bot, nowMs } from "./bot.js";

function usageOf(channel: string, cost_usd: number | null): UsageTotalJson {
  const unknown = { model: null, feature: null, ts: null } as const;
  const sums = { calls: 10, errors: 0, tokens_in: 20_000, tokens_out: 1_000, cost_usd, cost_calls: 8 };
  return { channel, ...unknown, ...sums } as unknown as UsageTotalJson;
}

function reportOf(bots: readonly BotRow[], usage: readonly UsageTotalJson[] = []): DemoReport {
  return {
    bots,
    usage: new Map(usage.map((sum) => [sum.channel ?? "", sum])),
    total: usage[0] === undefined ? null : { ...usageOf("", 1.25), channel: null },
  };
}

const place = { url: "http://127.0.0.1:40123", socketPath: "/tmp/kissbot-demo-AbCdEf/bots.sock" };

function view(report: DemoReport, { rows = 24, columns = 80, environment = {}, channels = names(40) } = {}) {
  const stdout = { write: () => true, isTTY: true, columns, rows };
  const terminal = new Terminal({ stdout, stderr: stdout, environment: { NO_COLOR: "1" } });
  return demoView(report, { ...place, channels, environment, elapsedS: 12, nowMs }, terminal);
}

const names = (count: number) => new Set(Array.from({ length: count }, (_, i) => `bot_${i}`));
const healthy = (count: number) => [...names(count)].map((name) => bot(name));
const down = bot("bot_0", { status: "dead", status_cause: "process 29342 is gone" });
const gone = bot("bot_1", { status: "offline", status_cause: "said goodbye" });

test("the address comes first, then the fleet and what its calls cost [trial/N3]", () => {
  const lines = view(reportOf([down, ...healthy(3).slice(1)], [usageOf("bot_2", 1.25)]));
  expect(lines.slice(0, 4)).toEqual([
    "http://127.0.0.1:40123  KissBot Monitor's demo, 12 s",
    "3 bots: 1 dead, 2 online",
    "10 LLM calls, 20,000 tokens in, 1,000 out, $1.2500 (of 80 %)",
    "",
  ]);
  expect(lines.find((line) => line.startsWith("bot_2"))).toMatch(/ 21,000 +\$1\.250$/);
  expect(lines.find((line) => line.startsWith("bot_1"))).toMatch(/ - +-$/);
});

test("it says how a bot of one's own joins, and over SSH how to reach the demo [trial/N3]", () => {
  const joins = "Your bot:  KISSBOT_MONITOR_SOCKET=/tmp/kissbot-demo-AbCdEf/bots.sock node bot.js";
  expect(view(reportOf([]))).toContain(joins);
  expect(joins.length).toBeLessThanOrEqual(80);
  expect(view(reportOf([])).join("\n")).not.toContain("ssh");
  const environment = { SSH_CONNECTION: "192.0.2.1 50000 192.0.2.7 22", USER: "anna" };
  expect(view(reportOf([]), { environment })).toContain(
    "Over SSH:  ssh -L 40123:127.0.0.1:40123 anna@192.0.2.7",
  );
});

test("no row is hidden without a word: the last line says how many more there are, and how they are [trial/N3]", () => {
  const bots = [down, gone, ...healthy(40).slice(2)];
  const lines = view(reportOf(bots));
  expect(lines).toHaveLength(24);
  const named = lines.filter((line) => line.startsWith("bot_"));
  const more = lines.find((line) => line.startsWith("… "));
  expect(more).toBe(`… ${40 - named.length} more: ${40 - named.length} online`);
  expect(named[0]).toMatch(/^bot_0 +dead/);
  expect(lines.join("\n")).toContain("process 29342 is gone");
  // All of them fit.
  expect(view(reportOf(bots), { rows: 60 }).join("\n")).not.toContain("more:");
});

test.each([10, 12, 15, 24, 50])(
  "%d rows are enough for all but the bots, and never too few for it",
  (rows) => {
    const bots = [down, gone, ...healthy(40).slice(2)];
    for (const columns of [60, 80, 120]) {
      const lines = view(reportOf(bots), { rows, columns });
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(textWidth(line), line).toBeLessThanOrEqual(columns);
      const named = lines.filter((line) => line.startsWith("bot_")).length;
      const more = /… (\d+) more/.exec(lines.join("\n"))?.[1] ?? "0";
      expect(named + Number(more)).toBe(40);
    }
  },
);

test("of the healthy bots one's own comes first, then what costs most [trial/N3]", () => {
  const bots = [...healthy(4), bot("my_bot"), down];
  const usage = [usageOf("bot_3", 2), usageOf("bot_2", null), usageOf("bot_1", 3)];
  const lines = view(reportOf(bots.slice(1), usage));
  const order = lines
    .map((line) => /^(?:bot_\d|my_bot)/.exec(line)?.[0])
    .filter((name) => name !== undefined);
  expect(order).toEqual(["bot_0", "my_bot", "bot_1", "bot_3", "bot_2"]);
});

test.each([80, 40])("what stays at the end fits %i columns [trial/N4]", (columns) => {
  let said = "";
  const stdout = { write: (text: string) => (said += text) };
  const environment = { COLUMNS: `${columns}` };
  const terminal = new Terminal({ stdout, stderr: stdout, environment });
  const screen = new DemoScreen(
    { ...place, channels: names(3), options: {} },
    { terminal, environment, nowMs: () => nowMs },
  );
  const bots = [down, gone, bot("bot_2", { crash_loop: true }), bot("bot_3", { trouble: "deaf" })];
  screen.show(reportOf(bots, [usageOf("bot_2", 1.25)]));
  said = "";
  screen.end();
  expect(said.replaceAll(/\s+/g, " ")).toContain("4 bots: 1 dead, 1 offline, 2 online (1 in a crash loop");
  const isCommand = (line: string) => line.includes("main.js");
  for (const line of said.split("\n").filter((one) => !isCommand(one)))
    expect(textWidth(line), line).toBeLessThanOrEqual(columns);
});
