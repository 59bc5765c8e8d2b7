import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, repetitions } from "@kissbot/testkit";
import { expect, test } from "vitest";

/*
 * Our own client is held to the rules of chapter 8 like any port: by the runner that ports are
 * given, through a driver, from the monitor's side.
 */

const runner = fileURLToPath(new URL("../../protocol/bin/kissbot-conformance.mjs", import.meta.url));
const driver = fileURLToPath(new URL("conformance/driver.mjs", import.meta.url));

interface Case {
  readonly id: string;
  readonly level: string;
  readonly spec: readonly string[];
  readonly outcome: string;
  readonly detail: string;
}

/** `pnpm long` runs it ten times in a row. */
const runs = repetitions({ gate: 1, long: 10 });
const limitMs = 600_000;

test(
  "@kissbot/client passes every must of the conformance suites, and exercises all rules but C-18 [conformance/R4]",
  async () => {
    for (let i = 0; i < runs; i++) await conforms();
  },
  runs * limitMs,
);

async function conforms(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kbt-"));
  try {
    const file = join(folder, "report.json");
    const run = Child.node([runner, "run", "--report", `json=${file}`, "--", process.execPath, driver], {
      limitMs,
    });
    const { code, stdout, stderr } = await run.exited;
    const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Case[] };
    const failed = cases.filter(({ outcome, level }) => outcome === "fail" && level === "must");
    expect(failed.map(({ id, detail }) => `${id}: ${detail}`)).toEqual([]);
    expect(code, stdout.slice(-3_000) + stderr.slice(-1_000)).toBe(0);
    const passed = new Set(cases.filter(({ outcome }) => outcome === "pass").flatMap(({ spec }) => spec));
    // It knows neither threads nor forks, as its language has none.
    const rules = Array.from({ length: 19 }, (_, i) => `C-${i + 1}`).filter((rule) => rule !== "C-18");
    expect(rules.filter((rule) => !passed.has(rule))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
