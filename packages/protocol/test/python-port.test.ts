import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, describe, expect, test } from "vitest";

/*
 * The foreign port passes every `must` case, and the program that says so would say otherwise: it
 * is run on broken copies of the port and of the fixtures.
 */

interface Listed {
  path: string;
  kind: string;
  cases: number;
}

const protocol = dirname(dirname(fileURLToPath(import.meta.url)));
const port = join(protocol, "examples", "python");
const fixtures = join(protocol, "fixtures");
const manifest = JSON.parse(readFileSync(join(fixtures, "manifest.json"), "utf8")) as { files: Listed[] };

const hasPython = spawnSync("python3", ["--version"]).status === 0;
if (!hasPython) console.warn("SKIPPED: no python3 on this machine; the Python port is not tested.");

const place = new TemporaryFolder("python");
const folder = place.path;
afterAll(() => place[Symbol.dispose]());

function checkFixtures(portFolder: string, fixturesFolder: string) {
  const args = ["-B", join(portFolder, "check_fixtures.py"), fixturesFolder];
  const { status, stdout, stderr } = spawnSync("python3", args, { encoding: "utf8" });
  return { status, stdout, stderr };
}

/** A copy of the port with one piece of its source replaced, each occurrence of it. */
function brokenPort(name: string, from: string, to: string): string {
  const copy = join(folder, name);
  cpSync(port, copy, { recursive: true });
  const file = join(copy, "kissbot_protocol.py");
  const source = readFileSync(file, "utf8");
  expect(source).toContain(from);
  writeFileSync(file, source.replaceAll(from, to));
  return copy;
}

/** Fixtures of one file only, whose content `change` may change behind the manifest's back. */
function fixturesOf(name: string, path: string, change = (content: string) => content): string {
  const copy = join(folder, name);
  mkdirSync(dirname(join(copy, path)), { recursive: true });
  const files = manifest.files.filter((file) => file.path === path);
  expect(files).toHaveLength(1);
  writeFileSync(join(copy, "manifest.json"), JSON.stringify({ ...manifest, files }));
  writeFileSync(join(copy, path), change(readFileSync(join(fixtures, path), "utf8")));
  return copy;
}

describe.skipIf(!hasPython)("the port to Python", () => {
  test("passes every case of every level, and leaves none out", () => {
    const { status, stdout, stderr } = checkFixtures(port, fixtures);
    expect(stderr).toBe("");
    const listed = manifest.files.filter(({ kind }) => kind === "decode" || kind === "encode");
    const cases = listed.reduce((sum, file) => sum + file.cases, 0);
    expect(stdout.trimEnd().split("\n").at(-1)).toBe(`${cases} passed, 0 failed`);
    expect(status).toBe(0);
  }, 120_000);

  test.each([
    ["takes-true-for-a-number", "isinstance(value, bool) or ", "", "decode/heartbeat.jsonl"],
    ["reads-latin-1", 'line.decode("utf-8")', 'line.decode("latin-1")', "decode/utf8.jsonl"],
    ["accepts-nan", "parse_constant=_refuse_constant", "parse_constant=float", "decode/json.jsonl"],
    ["forgets-what-it-held", "self._held += ", "self._held[:] = ", "decode/framing.jsonl"],
    ["takes-infinity-for-a-number", "if not math.isfinite(number):", "if False:", "encode/refusal.jsonl"],
  ])("check_fixtures.py fails a port that %s", (name, from, to, path) => {
    const { status, stdout } = checkFixtures(brokenPort(name, from, to), fixturesOf(`of-${name}`, path));
    expect(status).toBe(1);
    expect(stdout).toMatch(/^must \S+: /m);
    expect(stdout).not.toMatch(/^\d+ passed, 0 failed$/m);
  });

  test("check_fixtures.py fails where a file is not the one that the manifest names", () => {
    const path = "decode/framing.jsonl";
    const intact = checkFixtures(port, fixturesOf("intact", path));
    expect(intact).toMatchObject({ status: 0 });
    const shorter = fixturesOf("shorter", path, (content) => content.replace(/.*\n$/, ""));
    const { status, stdout } = checkFixtures(port, shorter);
    expect(status).toBe(1);
    expect(stdout).toContain(`${path}: is not the file that the manifest names`);
  });
});
