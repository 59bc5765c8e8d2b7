import { writeFileSync } from "node:fs";
import { killChildren, TemporaryFolder } from "@kissbot/testkit";
import { afterEach, beforeEach } from "vitest";

/**
 * A folder, fresh for each test of a file that imports this one. What a test started ends with it.
 */
export let place: TemporaryFolder;
export let folder = "";

beforeEach(() => {
  place = new TemporaryFolder("cli");
  folder = place.path;
});

afterEach(async () => {
  await killChildren();
  place[Symbol.dispose]();
});

/** Writes a config file with these lines into the folder; its path. */
export function writeConfig(...lines: readonly string[]): string {
  const path = place.file("monitor.yaml");
  writeFileSync(path, `monitoring:\n${lines.map((line) => `  ${line}\n`).join("")}`);
  return path;
}
