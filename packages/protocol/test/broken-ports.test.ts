import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Child, repetitions } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { faults } from "./ports/fault.js";

/*
 * The runner tells broken ports apart: copies of one small client, each with one fault, fail by a
 * check of the rule that they break, and by no `must` of another.
 */

const runner = fileURLToPath(new URL("../bin/kissbot-conformance.mjs", import.meta.url));
const port = fileURLToPath(new URL("ports/port.py", import.meta.url));

/** In the gate one fault of each rule; `pnpm long` tries them all. */
const mostOfRule = repetitions({ gate: 1, long: faults.length });
const tried = faults.filter(
  ({ rule }, place) => faults.slice(0, place).filter((one) => one.rule === rule).length < mostOfRule,
);

const hasPython = spawnSync("python3", ["--version"]).status === 0;
const isRequired = (process.env["KISSBOT_REQUIRE_PORTS"] ?? "").split(",").includes("python");
if (!hasPython && isRequired)
  throw new Error("KISSBOT_REQUIRE_PORTS asks for python, and there is no python3");
if (!hasPython) console.warn("SKIPPED: no python3 on this machine; the broken ports are not tried.");

interface Report {
  readonly cases: {
    readonly id: string;
    readonly level: string;
    readonly spec: readonly string[];
    readonly outcome: string;
    readonly detail: string;
  }[];
}

async function failuresOf(fault: string, scenarios: readonly string[], level: string) {
  const chosen = scenarios.flatMap((name) => ["--only", `${name}:*`]);
  const args = [runner, "conduct", "--json", "--level", level, ...chosen, "--", "python3", port, fault];
  const { code, stdout, stderr } = await Child.node(args, { limitMs: 170_000 }).exited;
  expect(stdout, stderr).not.toBe("");
  const { cases } = JSON.parse(stdout) as Report;
  return { code, failed: cases.filter(({ outcome }) => outcome === "fail") };
}

describe.skipIf(!hasPython)("a broken port fails by its own rule", () => {
  test("the port without a fault fails by none [conformance/R5]", async () => {
    const scenarios = ["live", "absent", "closes", "cuts", "goodbye", "crash"];
    const { code, failed } = await failuresOf("", scenarios, "must");
    expect(failed.filter(({ level }) => level === "must")).toEqual([]);
    expect(code).toBe(0);
  }, 180_000);

  test.each(tried)(
    "$rule: $name [conformance/R5]",
    async ({ name, rule, level, scenarios }) => {
      const { code, failed } = await failuresOf(name, scenarios, level);
      expect(
        failed.filter(({ spec }) => spec.includes(rule)),
        JSON.stringify(failed),
      ).not.toEqual([]);
      expect(failed.filter(({ spec, level: weight }) => !spec.includes(rule) && weight === "must")).toEqual(
        [],
      );
      expect(code).toBe(1);
    },
    180_000,
  );

  test("there are at least twelve, and at least one for each rule of chapter 8 [conformance/R5]", () => {
    expect(tried.length).toBeGreaterThanOrEqual(12);
    const rules = new Set(tried.map(({ rule }) => rule));
    expect(Array.from({ length: 19 }, (_, i) => `C-${i + 1}`).filter((rule) => !rules.has(rule))).toEqual([]);
  });
});
