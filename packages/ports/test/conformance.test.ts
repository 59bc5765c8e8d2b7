import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Child, repetitions, TemporaryFolder } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { driverCommand } from "./driver-command.js";
import { ports, root } from "./port-folder.js";
import { isTestable, type PortName } from "./toolchain.js";

const runner = join(root, "packages", "protocol", "bin", "kissbot-conformance.mjs");
const limitMs = 600_000;
/** `pnpm long` runs each client ten times in a row. */
const runs = repetitions({ gate: 1, long: 10 });

for (const port of ["python", "rust"] as const) {
  describe.skipIf(!isTestable(port))(`the client in ${port}`, () => {
    test(
      "does all that a client must, with an empty list of known failures [conformance/R4]",
      async () => {
        for (let run = 0; run < runs; run++) await conforms(port);
      },
      runs * limitMs,
    );
  });
}

async function conforms(port: PortName): Promise<void> {
  using place = new TemporaryFolder("conformance");
  const report = place.file("report.json");
  const known = join(ports, port, "known-failures.txt");
  const options = ["run", "--known-failures", known, "--report", `json=${report}`];
  const command = [runner, ...options, "--", ...(await driverCommand(port))];
  const { code, stdout, stderr } = await Child.node(command, { limitMs, group: true }).exited;
  expect(code, `${stdout}\n${stderr.slice(-4_000)}`).toBe(0);
  const { implementation, totals, known_failures: complaints } = JSON.parse(readFileSync(report, "utf8"));
  expect(implementation.language).toBe(port);
  expect(totals).toMatchObject({ fail: 0, known: 0 });
  expect(totals.pass).toBeGreaterThan(300);
  expect(complaints).toEqual([]);
  const listed = readFileSync(known, "utf8").split("\n");
  expect(listed.filter((line) => line !== "" && !line.startsWith("#"))).toEqual([]);
}
