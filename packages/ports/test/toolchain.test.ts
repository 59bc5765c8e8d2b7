import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { languages, root } from "./port-folder.js";
import { isTestable } from "./toolchain.js";

test("a machine without a toolchain says in one line what is not tested [conformance/P4]", () => {
  using nothing = new TemporaryFolder("no-toolchain");
  for (const name of ["python", "rust"] as const) {
    const lines: string[] = [];
    expect(isTestable(name, { PATH: nothing.path }, (line) => lines.push(line))).toBe(false);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^SKIPPED: no ${name} on this machine`));
  }
});

test("where a port is required, the want of its toolchain is a failure [conformance/P4]", () => {
  using nothing = new TemporaryFolder("no-toolchain");
  const surroundings = { PATH: nothing.path, KISSBOT_REQUIRE_PORTS: "python, rust" };
  for (const name of ["python", "rust"] as const) {
    expect(() => isTestable(name, surroundings)).toThrow(`KISSBOT_REQUIRE_PORTS asks for ${name}`);
  }
  const lines: string[] = [];
  const other = { PATH: nothing.path, KISSBOT_REQUIRE_PORTS: "python" };
  expect(isTestable("rust", other, (line) => lines.push(line))).toBe(false);
});

test("CI requires every port that there is [conformance/P4]", () => {
  const ci = readFileSync(join(root, ".ci", "run"), "utf8");
  const required = /^export KISSBOT_REQUIRE_PORTS=(\S+)$/m.exec(ci)?.[1]?.split(",");
  expect(required?.sort()).toEqual([...languages()].sort());
});
