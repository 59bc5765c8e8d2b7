import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MeasuredProbeResult } from "../../src/registry/probe-result.js";
import type { ProbeProblem } from "../../src/sampling/process-probe.js";
import { CompiledSources } from "../compiled-sources.js";
import { canMakeNamespaces, runInNamespace } from "./namespace.js";

function child(name: string): string {
  return fileURLToPath(new URL(`children/${name}`, import.meta.url));
}

describe.runIf(canMakeNamespaces())("in a pid namespace of its own", () => {
  let compiled: CompiledSources;

  beforeAll(() => {
    compiled = new CompiledSources("sampling");
  });
  afterAll(() => compiled[Symbol.dispose]());

  test.each(["proc", "pidusage"])("the %s probe finds a live process under a reused pid alive", (kind) => {
    const { stdout, stderr } = runInNamespace(["--mount-proc"], [child("reuse.mjs"), compiled.folder, kind]);
    expect(stderr).toBe("");
    const told = JSON.parse(stdout) as {
      reused: boolean;
      before: MeasuredProbeResult[];
      after: MeasuredProbeResult[];
    };
    expect(told.reused).toBe(true);
    expect([...told.before, ...told.after].map(({ state }) => state)).toEqual(Array(6).fill("alive"));
    const keys = new Set([...told.before, ...told.after].map(({ startKey }) => startKey));
    // Pidusage cannot tell them apart, and does not say that it could.
    expect(keys.size).toBe(kind === "proc" ? 2 : 1);
    if (kind === "proc") expect(told.after[0]?.cpuPct).toBeNull();
  });

  test("a /proc of another namespace makes every look unknown, and the probe says why", () => {
    const { stdout, stderr } = runInNamespace([], [child("foreign.mjs"), compiled.folder]);
    expect(stderr).toBe("");
    const { states, problem } = JSON.parse(stdout) as { states: string[]; problem: ProbeProblem };
    expect(states).toEqual(["unknown", "unknown"]);
    expect(problem.code).toBe("process_table_unreadable");
    expect(problem.detail).toContain("another pid namespace");
  });
});
