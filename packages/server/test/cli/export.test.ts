import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type LlmUsage, openStore } from "@kissbot/store";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { csvText } from "../../src/cli/export-format.js";
import { exportColumns } from "../../src/cli/export-rows.js";
import { nowMs, writeEvents } from "./event-file.js";
import { run } from "./program-run.js";

const place = new TemporaryFolder("cli");
const database = place.file("kb.db");

const calls: readonly LlmUsage[] = [
  {
    tsMs: nowMs - 7_200_000,
    channel: 'a "quoted", name\r\nof two lines',
    model: "gpt-5",
    feature: "chat",
    tokensIn: 1_000,
    tokensOut: 20,
    provider: "openai",
    tokensCached: 700,
    tokensCacheWrite: 30,
    costUsd: 0.000_012_5,
    latencyMs: 812.5,
    error: "timeout",
  },
  { tsMs: nowMs - 60_000, channel: "=1+2", model: "@cmd", feature: "-x", tokensIn: 0, tokensOut: 0 },
  {
    tsMs: nowMs - 1,
    channel: "twitch/東京",
    model: "\tm",
    feature: "chat",
    tokensIn: 5,
    tokensOut: 5,
    costUsd: 0,
  },
];

beforeAll(async () => {
  const store = await openStore(database);
  // One batch each: within a batch the store has an order of its own.
  for (const [seq, call] of calls.entries()) {
    await store.write({ producer: "calls", epoch: 1, seq: seq + 1, llmUsage: [call] });
  }
  await store.close();
  await writeEvents(database);
});
afterAll(() => place[Symbol.dispose]());

const exported = (...more: string[]) => run(["export", ...more, "--store", database], { nowMs });
const lines = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));

describe("export", () => {
  test("is not kept from its file by what one that was killed left under the same pid", async () => {
    const output = place.file("again.csv");
    writeFileSync(place.file(`.again.csv.${process.pid}.partial`), "half");
    expect(await exported("usage", "--output", output)).toMatchObject({ code: 0 });
    expect(readFileSync(output, "utf8")).toContain("tokens_in");
  });

  test("writes CSV of RFC 4180, in which no text is a formula [trial/O10]", async () => {
    const { code, stdout, stderr } = await exported("usage");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(
      [
        "id,ts,channel,model,feature,provider,tokens_in,tokens_out,tokens_cached,tokens_cache_write,cost_usd,latency_ms,error",
        '1,2026-05-20T10:00:00.000Z,"a ""quoted"", name\r\nof two lines",gpt-5,chat,openai,1000,20,700,30,0.0000125,812.5,timeout',
        "2,2026-05-20T11:59:00.000Z,'=1+2,'@cmd,'-x,,0,0,,,,,",
        "3,2026-05-20T11:59:59.999Z,twitch/東京,'\tm,chat,,5,5,,,0,,",
        "",
      ].join("\r\n"),
    );
  });

  test("writes JSON lines with the names of the API, and null for the unknown [trial/O10]", async () => {
    const { stdout } = await exported("usage", "--format", "jsonl");
    expect(lines(stdout)).toEqual([
      expect.objectContaining({ id: 1, channel: calls[0]?.channel, tokens_cached: 700, error: "timeout" }),
      {
        id: 2,
        ts: "2026-05-20T11:59:00.000Z",
        channel: "=1+2",
        model: "@cmd",
        feature: "-x",
        provider: null,
        tokens_in: 0,
        tokens_out: 0,
        tokens_cached: null,
        tokens_cache_write: null,
        cost_usd: null,
        latency_ms: null,
        error: null,
      },
      expect.objectContaining({ id: 3, cost_usd: 0 }),
    ]);
  });

  test("writes every event, the oldest first [trial/O10]", async () => {
    const { stdout } = await exported("events", "--format", "jsonl");
    const events = lines(stdout);
    expect(events.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(Object.keys(events[0])).toEqual(exportColumns.events);
    expect(events[1]).toMatchObject({
      from_status: "online",
      to_status: "dead",
      cause_code: "process_gone",
      lived_ms: 600_000,
    });
    // A terminal that is shown JSON is not commanded by it.
    expect(stdout).not.toContain("\u001b");
    expect(events[6].channel).toContain("\u001b");
    const csv = (await exported("events")).stdout;
    expect(csv.split("\r\n")).toHaveLength(11);
  });

  test("is cut by time and by bot [trial/O10]", async () => {
    const ids = async (...more: string[]) =>
      lines((await exported(...more, "--format", "jsonl", "--utc")).stdout).map(({ id }) => id);
    expect(await ids("usage", "--since", "1h")).toEqual([2, 3]);
    expect(await ids("usage", "--until", "2026-05-20T11:00")).toEqual([1]);
    expect(await ids("usage", "--channel", "twitch/*")).toEqual([3]);
    expect(await ids("usage", "--channel", "=1+2")).toEqual([2]);
    expect(await ids("events", "--channel", "discord/lounge", "--since", "35m")).toEqual([5, 6]);
    expect(await ids("events", "--channel", "twitch/m*", "--until", "45m")).toEqual([1, 2, 3]);
    expect(await ids("events", "--channel", "nobody")).toEqual([]);
  });

  test("shows a terminal no character that it would obey [trial/O10]", async () => {
    const argv = ["export", "events", "--store", database];
    expect((await run(argv, { nowMs, columns: 80 })).stdout).not.toContain("\u001b");
    expect((await run(argv, { nowMs })).stdout).toContain("\u001b");
  });
});

describe("export --output", () => {
  test("makes a file of its owner's alone, and says what it wrote [trial/O10]", async () => {
    const path = place.file("new.csv");
    const { code, stdout, stderr } = await exported("usage", "--output", path);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: `Wrote 3 calls to ${path}.\n` });
    expect(readFileSync(path, "utf8")).toBe((await exported("usage")).stdout);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("replaces a file with --force alone, and leaves nothing beside it [trial/O10]", async () => {
    const folder = place.file("force");
    mkdirSync(folder);
    const [path, alias] = [join(folder, "there.csv"), join(folder, "alias.csv")];
    writeFileSync(path, "mine");
    symlinkSync(path, alias);
    for (const output of [path, alias]) {
      const refused = await exported("events", "--output", output);
      expect(refused).toMatchObject({ code: 1, stdout: "" });
      expect(refused.stderr).toContain("is there already; --force replaces it");
      expect(readFileSync(path, "utf8")).toBe("mine");
    }
    expect(await exported("events", "--output", alias, "--force")).toMatchObject({ code: 0 });
    expect(readFileSync(path, "utf8")).toMatch(/^id,ts,/);
    expect(readdirSync(folder).sort()).toEqual(["alias.csv", "there.csv"]);
  });

  test.each([
    ["a folder that is not there", () => place.file("no/such/file.csv"), [], "there is no such folder"],
    ["a folder", () => place.path, ["--force"], "is no regular file"],
    ["a device", () => "/dev/null", ["--force"], "is no regular file"],
    ["a device", () => "/dev/null", [], "is there already"],
  ])("refuses %s, and says so [trial/O10]", async (_name, path, more, sentence) => {
    const { code, stderr } = await exported("usage", "--output", path(), ...more);
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  test.skipIf(process.getuid?.() === 0)(
    "refuses a folder that this user may not write to [trial/O10]",
    async () => {
      const folder = place.file("locked");
      mkdirSync(folder);
      chmodSync(folder, 0o500);
      const { code, stderr } = await exported("usage", "--output", join(folder, "x.csv"));
      expect(code).toBe(1);
      expect(stderr).toContain("this user may not write there");
    },
  );
});

test.each([
  [["calls"], 2, "expected usage or events after export"],
  [["usage", "--format", "xml"], 2, "--format: expected csv or jsonl"],
  [["usage", "--output", ""], 2, "--output: expected the path of a file"],
  [["usage", "--since", "never"], 2, "--since: expected a duration ago"],
  [["events", "--channel", ""], 2, "--channel: expected a name or a pattern"],
])("export %j is answered with what is wrong [trial/O10]", async (more, code, sentence) => {
  const answer = await exported(...more);
  expect(answer).toMatchObject({ code, stdout: "" });
  expect(answer.stderr).toContain(sentence);
});

test("a database that no monitor of ours has opened yet is told with what to do [trial/O10]", async () => {
  const path = place.file("empty.db");
  writeFileSync(path, "");
  const { code, stderr } = await run(["export", "usage", "--store", path]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/no tables of ours yet.*; kissbot-monitor start does that\n$/);
});

test.each([
  ["memory:", "cannot be read by another process"],
  ["/no/such.db", "No export: /no/such.db: "],
])("a database %j that cannot be read is told in a sentence [trial/O10]", async (store, sentence) => {
  const path = place.file("unmade.csv");
  const { code, stdout, stderr } = await run(["export", "usage", "--store", store, "--output", path]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(sentence);
  expect(existsSync(path)).toBe(false);
});

test.each([
  ["=1", "'=1"],
  ["+1", "'+1"],
  ["-1", "'-1"],
  ["@a", "'@a"],
  ["\ta", "'\ta"],
  ["\ra", '"\'\ra"'],
  ["a=1", "a=1"],
  ["a,b", '"a,b"'],
  ['a"b', '"a""b"'],
  ["a\nb", '"a\nb"'],
  ['=HYPERLINK("x")', '"\'=HYPERLINK(""x"")"'],
])("the text %j stands in CSV as %j [trial/O10]", (text, field) => {
  expect(csvText(text)).toBe(field);
});
