import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { type LlmUsage, openStore } from "@kissbot/store";
import { killChildren, lasting, TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { runProgram } from "../../src/cli/program.js";
import { Terminal } from "../../src/cli/terminal.js";
import { runCommand, startCommand } from "./command.js";

const place = new TemporaryFolder("cli");
const [paged, small, large] = [place.file("paged.db"), place.file("small.db"), place.file("large.db")];
const rowsOf = { [paged]: 4_000, [small]: 100_000, [large]: 400_000 };
const timeoutMs = 120_000;

async function fill(path: string, rows: number): Promise<void> {
  const store = await openStore(path);
  const call = (i: number): LlmUsage => ({
    tsMs: Date.UTC(2026, 4, 20) + i,
    channel: `bot ${i % 50}`,
    model: "gpt-5-mini-2026-01-31",
    feature: "chat",
    tokensIn: i,
    tokensOut: 1,
    costUsd: 0.001,
  });
  for (let at = 0; at < rows; at += 10_000) {
    const llmUsage = Array.from({ length: Math.min(rows - at, 10_000) }, (_, i) => call(at + i));
    await store.write({ producer: "test", epoch: 1, seq: at + 1, llmUsage });
  }
  await store.close();
}

beforeAll(async () => {
  for (const [path, rows] of Object.entries(rowsOf)) await fill(path, rows);
}, 240_000);
afterEach(killChildren);
afterAll(() => place[Symbol.dispose]());

const onLinux = test.skipIf(process.platform !== "linux");

/** The most memory that a process has had so far, in MiB; null when it is gone. */
function peakMb(pid: number): number | null {
  try {
    const [, kb] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kb === undefined ? null : Number(kb) / 1_024;
  } catch {
    return null;
  }
}

/** Runs an export to its end and answers with the most memory that it took. */
async function peakOf(path: string): Promise<number> {
  await using child = startCommand(["export", "usage", "--store", path], {
    folder: place.path,
    shell: 'exec "$@" > out.csv',
  });
  let peak = 0;
  await until(
    "the export ends",
    () => {
      peak = Math.max(peak, peakMb(child.pid) ?? 0);
      return child.exit !== null;
    },
    { timeoutMs },
  );
  expect(await child.exited).toMatchObject({ code: 0, stderr: "" });
  const text = readFileSync(place.file("out.csv"), "utf8");
  expect(text.split("\r\n").length - 2, "every call is there").toBe(rowsOf[path]);
  return peak;
}

onLinux("export takes no more memory for four times the rows [trial/O10]", { timeout: 300_000 }, async () => {
  const [few, many] = [await peakOf(small), await peakOf(large)];
  // The 300,000 rows between them are 25 MB as text, and several times that as objects.
  expect(many - few).toBeLessThan(60);
  expect(few).toBeGreaterThan(20);
});

test("export reads no further while the reader of its output does not read [trial/O10]", async () => {
  const written: number[] = [];
  const waiting: (() => void)[] = [];
  const stdout = {
    // Full with each write, until somebody reads.
    write: (text: string) => written.push(text.split("\r\n").length - 1) < 0,
    once: (_event: "drain", listener: () => void) => waiting.push(listener),
  };
  const stderr = { write: () => true };
  const terminal = new Terminal({ stdout, stderr, environment: {} });
  const context = { terminal, environment: {}, nowMs: Date.now };
  const exporting = runProgram(["export", "usage", "--store", paged], context);
  // The head, and 4,000 calls in pages of 1,000.
  for (let writes = 1; writes <= 5; writes++) {
    await until(`write ${writes}`, () => written.length >= writes && waiting.length === 1, { timeoutMs });
    await lasting("the reader rests, and no page may be asked for", 100);
    expect(written).toHaveLength(writes);
    waiting.pop()?.();
  }
  expect(await exporting).toBe(0);
  expect(written).toEqual([1, 1_000, 1_000, 1_000, 1_000]);
});

test("export ends without a word where the reader of its output has enough [trial/O10]", {
  timeout: 120_000,
}, async () => {
  for (const format of ["csv", "jsonl"]) {
    const args = ["export", "usage", "--store", large, "--format", format];
    const shell = '{ "$@"; echo "ended $?" >&2; } | head -n 3';
    const { stdout, stderr } = await runCommand(args, { folder: place.path, shell });
    expect(stdout.trimEnd().split("\n")).toHaveLength(3);
    expect(stderr).toBe("ended 0\n");
  }
});

test("export gives each call once while more are written [trial/O10]", { timeout: 120_000 }, async () => {
  const path = place.file("growing.db");
  await fill(path, 50_000);
  const store = await openStore(path);
  let isOver = false;
  const writing = (async () => {
    for (let seq = 1; !isOver; seq++) {
      const llmUsage = [
        {
          tsMs: Date.UTC(2026, 5, 1) + seq,
          channel: "late",
          model: "m",
          feature: "f",
          tokensIn: 1,
          tokensOut: 1,
        },
      ];
      await store.write({ producer: "late", epoch: 1, seq, llmUsage });
    }
  })();
  const { code, stdout } = await runCommand(["export", "usage", "--store", path, "--format", "jsonl"], {
    folder: place.path,
  });
  isOver = true;
  await writing;
  await store.close();
  expect(code).toBe(0);
  const rows = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: number; channel: string });
  expect(rows.filter(({ channel }) => channel !== "late")).toHaveLength(50_000);
  const ids = rows.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
});

test("export leaves no half file where it is interrupted [trial/O10]", { timeout: 120_000 }, async () => {
  const path = place.file("half/usage.csv");
  mkdirSync(place.file("half"));
  await using child = startCommand(["export", "usage", "--store", large, "--output", path], {
    folder: place.path,
  });
  await until("it has begun to write", () => readdirSync(place.file("half")).length > 0, { timeoutMs });
  child.signal("SIGINT");
  const exit = await child.exited;
  // Where it was quicker than the signal, the file is whole.
  if (exit.code === 0) expect(readdirSync(place.file("half"))).toEqual(["usage.csv"]);
  else {
    expect(exit).toMatchObject({ code: 1, stderr: expect.stringContaining("interrupted") });
    expect(readdirSync(place.file("half"))).toEqual([]);
  }
});
