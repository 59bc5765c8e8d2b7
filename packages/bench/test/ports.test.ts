import { expect, test } from "vitest";
import { isTestable } from "../../ports/test/toolchain.js";
import { quickRows } from "./bench-run.js";

const others = [
  ["python", "Python"],
  ["rust", "Rust"],
] as const;

test("the benchmark of the clients prints what a call costs in each language that is here", async () => {
  const rows = await quickRows("ports");
  const here = others.filter(([port]) => isTestable(port)).map(([, name]) => name);
  for (const name of ["Node", ...here]) {
    const [p50, p99, longest, growth, end] = rows.get(`${name}, a monitor that reads nothing`) ?? [];
    for (const figure of [p50, p99, longest, end]) expect(Number(figure), name).toBeGreaterThan(0);
    expect(Number.parseFloat(growth ?? ""), name).toBeLessThan(4);
  }
}, 600_000);
