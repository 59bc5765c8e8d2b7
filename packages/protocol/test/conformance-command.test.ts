import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, type Exit, TemporaryFolder, until } from "@kissbot/testkit";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, describe, expect, test } from "vitest";

const protocol = fileURLToPath(new URL("..", import.meta.url));
const command = join(protocol, "bin", "kissbot-conformance.mjs");
const rude = join(protocol, "test", "ports", "rude-driver.mjs");
const ours = join(protocol, "..", "client", "test", "conformance", "driver.mjs");
const place = new TemporaryFolder("conformance");
afterAll(() => place[Symbol.dispose]());

const run = (...args: string[]): Promise<Exit> => Child.node([command, ...args], { limitMs: 240_000 }).exited;

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

describe("a driver that does not speak the protocol is named with its line, and the exit code is 2 [conformance/R8]", () => {
  test.each([
    [
      "silent",
      /no answer to \{"seq":1,"cmd":"hello"[\s\S]*stdout belongs to the driver protocol[\s\S]*stderr/,
    ],
    ["dies-at-hello", /ended \(code 3\) before it answered \{"seq":1,"cmd":"hello"[\s\S]*stdout belongs/],
    ["logs-at-start", /no JSON[\s\S]*INFO starting up[\s\S]*stdout belongs to the driver protocol/],
    ["other-driver", /driver protocol 2, not 1/],
    ["no-bounds", /"conduct", but not its "bounds"/],
    ["hangs", /no answer to \{"seq":2,"cmd":"decode"[\s\S]*within \d\.\d s/],
    ["late", /no answer to \{"seq":2,"cmd":"decode"[\s\S]*answers late/],
    ["dies", /ended \(code 7\) before it answered \{"seq":2,"cmd":"decode"[\s\S]*the port's own fault/],
    ["killed", /ended \(SIGKILL\) before it answered \{"seq":2,"cmd":"decode"/],
    ["rubbish", /no JSON[\s\S]*its line: DEBUG decoding/],
    ["no-utf8", /no JSON/],
    [
      "wrong-shape",
      /answered \{"seq":2,"cmd":"decode"[\s\S]*it\.events is string and not array[\s\S]*its line: \{"seq":2,"events":"none"\}/,
    ],
    ["unknown-field", /unknown "took_us"/],
    ["wrong-number", /answered number 3 where 2 was asked/],
    ["twice", /while no command waited|answered number/],
    ["endless", /a line without end/],
  ])("%s", async (way, says) => {
    const { code, stderr, stdout } = await run(
      "run",
      "--timeout",
      way === "silent" ? "1.5" : way === "hangs" || way === "late" ? "0.5" : "20",
      "--",
      "node",
      rude,
      way,
    );
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
    expect(stdout).toBe("");
  });

  test("also where it cannot be started", async () => {
    const { code, stderr } = await run("run", "--", join(place.path, "no-such-program"));
    expect(stderr).toContain("cannot start");
    expect(code).toBe(2);
  });

  test.each(["hangs", "rubbish", "dies"])(
    "after one that %s, neither it nor a child of its own is left [conformance/R3]",
    async (way) => {
      const log = join(place.path, `${way}.pids`);
      const { code } = await run("run", "--timeout", "1", "--", "node", rude, way, log);
      expect(code).toBe(2);
      const pids = readFileSync(log, "utf8").trim().split("\n").map(Number);
      expect(pids).toHaveLength(2);
      // Of one that ended by itself the system no longer tells the children.
      const owned = way === "dies" ? pids.slice(0, 1) : pids;
      await until("they are gone", () => owned.every((pid) => !isAlive(pid)));
      for (const pid of pids) if (isAlive(pid)) process.kill(pid, "SIGKILL");
    },
  );

  test.each([
    ["conducts-rubbish", /no JSON[\s\S]*its line: DEBUG calling/],
    ["conducts-hangs", /no answer to \{"seq":3,"cmd":"open"/],
    ["conducts-dies", /ended \(code 7\) before it answered \{"seq":2,"cmd":"noop"/],
  ])(
    "one that %s ends all scenarios that are being played, and nothing of theirs is left [conformance/R3]",
    async (way, says) => {
      const log = join(place.path, `${way}.pids`);
      const own = new TemporaryFolder("scenarios");
      const { code, stderr, stdout } = await Child.node(
        [command, "run", "--timeout", "3", "--", "node", rude, way, log],
        { limitMs: 240_000, env: { TMPDIR: own.path } },
      ).exited;
      expect(stderr).toMatch(says);
      expect(stdout).toBe("");
      expect(code).toBe(2);
      const pids = readFileSync(log, "utf8").trim().split("\n").map(Number);
      // The first driver said hello, and several scenarios were played by drivers of their own.
      expect(pids.length).toBeGreaterThan(2);
      // Of one that ended by itself the system no longer tells the children.
      const drivers = pids.filter((_, i) => i % 2 === 0);
      const owned = way === "conducts-dies" ? drivers : pids;
      await until("they are gone", () => owned.every((pid) => !isAlive(pid)), { timeoutMs: 30_000 });
      for (const pid of pids) if (isAlive(pid)) process.kill(pid, "SIGKILL");
      expect(readdirSync(own.path)).toEqual([]);
      own[Symbol.dispose]();
    },
  );

  test("stopping the runner stops the driver and its children [conformance/R3]", async () => {
    const log = join(place.path, "stopped.pids");
    await using child = Child.node([command, "run", "--", "node", rude, "hangs", log]);
    await until("the driver runs", () => existsSync(log) && readFileSync(log, "utf8").split("\n").length > 2);
    child.signal("SIGTERM");
    expect((await child.ends()).code).toBe(143);
    const pids = readFileSync(log, "utf8").trim().split("\n").map(Number);
    await until("they are gone", () => pids.every((pid) => !isAlive(pid)));
  });
});

describe("wrong usage is a sentence and exit code 2", () => {
  test.each([
    [[], "no sub-command"],
    [["dance"], "no sub-command dance"],
    [["run"], "no driver"],
    [["run", "node", "driver.mjs"], "stands behind --"],
    [["run", "--level", "all", "--", "true"], "--level all"],
    [["run", "--timeout", "soon", "--", "true"], "--timeout soon"],
    [["run", "--report", "tap=x", "--", "true"], "--report tap=x"],
    [["run", "--nonsense", "--", "true"], "nonsense"],
    [["run", "--update-known-failures", "--", "true"], "needs --known-failures"],
    [
      ["run", "--update-known-failures", "--known-failures", "x", "--only", "a", "--", "true"],
      "not with --only",
    ],
    [["run", "--known-failures", "/no/such/file", "--", "true"], "/no/such/file"],
    [["monitor", "--mode", "frozen"], "--socket PATH is missing"],
    [["monitor", "--mode", "sleepy", "--socket", "x"], "--mode sleepy"],
    [["judge"], "one FILE.jsonl"],
    [["judge", "/no/such/file"], "/no/such/file"],
    [["sender"], "no program"],
  ])("%j", async (args, says) => {
    const { code, stderr, stdout } = await run(...args);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("    at ");
    expect(code).toBe(2);
    expect(stdout).toBe("");
  });

  test("a selection that leaves nothing", async () => {
    const { code, stderr } = await run("run", "--only", "no-such/*", "--", "node", ours);
    expect(stderr).toContain("no case is left");
    expect(code).toBe(2);
  });
});

test("the runner needs Node alone: no environment, no network, any folder [conformance/R1]", async () => {
  const { code, stdout } = await Child.node([command, "encode", "--", process.execPath, ours], {
    folder: place.path,
    env: { PATH: "", HOME: "" },
    limitMs: 120_000,
  }).exited;
  expect(stdout).toContain("✓ encode/refusal");
  expect(code).toBe(0);
});

test("JSON and JUnit agree on every count, and the JSON is valid by the schema that is shipped [conformance/R9]", async () => {
  const files = { json: join(place.path, "report.json"), junit: join(place.path, "report.xml") };
  const known = join(place.path, "known.txt");
  // A port of 1.0 that can do nothing: one failure is known, others are not.
  writeFileSync(known, "message/smallest-register # wrote\n");
  const { code } = await run(
    "encode",
    "--known-failures",
    known,
    "--report",
    `json=${files.json}`,
    "--report",
    `junit=${files.junit}`,
    "--",
    "node",
    join(protocol, "test", "ports", "wrong-encoder.mjs"),
  );
  expect(code).toBe(1);
  const report = JSON.parse(readFileSync(files.json, "utf8"));
  const schema = JSON.parse(readFileSync(join(protocol, "report.schema.json"), "utf8"));
  const validate = new Ajv2020({ strict: true }).compile(schema);
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  const xml = readFileSync(files.junit, "utf8");
  const count = (pattern: RegExp) => [...xml.matchAll(pattern)].length;
  const { totals } = report;
  expect(totals.known).toBe(1);
  expect(totals.fail).toBeGreaterThan(0);
  expect(count(/<testcase /g)).toBe(report.cases.length);
  expect(count(/<failure /g)).toBe(totals.fail);
  expect(count(/<skipped /g)).toBe(
    totals.known + totals.not_exercised + totals.inconclusive + totals.skipped,
  );
  const sum = (name: string) =>
    [...xml.matchAll(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`, "g"))].reduce(
      (all, [, n]) => all + Number(n),
      0,
    );
  expect(xml).toContain(`<testsuites name="wrong" tests="${report.cases.length}" failures="${totals.fail}"`);
  expect(sum("tests")).toBe(report.cases.length);
  expect(sum("failures")).toBe(totals.fail);
});

test("a port of 1.0 is not asked for 1.1, and what the suite added later is told and not scored [conformance/R10]", async () => {
  const old = await run(
    "encode",
    "--json",
    "--",
    "node",
    join(protocol, "test", "ports", "wrong-encoder.mjs"),
    "1.0",
  );
  const now = await run(
    "encode",
    "--json",
    "--",
    "node",
    join(protocol, "test", "ports", "wrong-encoder.mjs"),
    "1.1",
  );
  const [before, after] = [JSON.parse(old.stdout), JSON.parse(now.stdout)];
  expect(before.protocol).toBe("1.0");
  expect(before.not_asked).toBeGreaterThan(0);
  expect(before.cases.length + before.not_asked).toBe(after.cases.length);
  const capped = await run(
    "encode",
    "--json",
    "--protocol",
    "1.0",
    "--",
    "node",
    join(protocol, "test", "ports", "wrong-encoder.mjs"),
    "1.1",
  );
  expect(JSON.parse(capped.stdout).cases.length).toBe(before.cases.length);
});

test("a list of known failures is kept anew by --update-known-failures, and the next run passes [conformance/R7]", async () => {
  const list = join(place.path, "list.txt");
  writeFileSync(list, "# what our encoder cannot do yet\nmessage/no-such-case\n");
  const wrong = ["--", "node", join(protocol, "test", "ports", "wrong-encoder.mjs")];
  const before = await run("encode", "--known-failures", list, ...wrong);
  expect(before.code).toBe(1);
  expect((await run("encode", "--known-failures", list, "--update-known-failures", ...wrong)).code).toBe(0);
  const kept = readFileSync(list, "utf8");
  expect(kept).toMatch(/^# what our encoder cannot do yet\n/);
  expect(kept).not.toContain("no-such-case");
  const after = await run("encode", "--known-failures", list, ...wrong);
  expect(after.stdout).toContain("known failures");
  expect(after.code).toBe(0);
});

test("list names rules, scenarios and cases, for people and programs", async () => {
  const { stdout, code } = await run("list", "--json");
  expect(code).toBe(0);
  const { rules, scenarios, cases } = JSON.parse(stdout);
  expect(rules.map(({ name }: { name: string }) => name)).toEqual([
    ...Array.from({ length: 19 }, (_, i) => `C-${i + 1}`),
    "P-1",
  ]);
  expect(cases.length).toBeGreaterThan(1_900);
  const exercised = new Set(scenarios.flatMap(({ rules: own }: { rules: string[] }) => own));
  for (const { name } of rules) expect(exercised).toContain(name);
  expect((await run("list")).stdout).toContain("frozen-exit");
});

test("the judge tells what a recorded timeline breaks, ours or a client's own [conformance/R11]", async () => {
  const fixtures = join(protocol, "fixtures", "conduct");
  for (const file of ["wire/c-5.jsonl", "wire/c-9.jsonl", "wire/c-14.jsonl", "buffer.jsonl"]) {
    const { code, stdout } = await run("judge", join(fixtures, file));
    expect(stdout).not.toContain("✗");
    expect(code).toBe(0);
  }
  const events = readFileSync(join(fixtures, "wire/c-6.jsonl"), "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  for (const { verdict, wire } of events) {
    const file = join(place.path, "timeline.jsonl");
    writeFileSync(file, wire.map((one: object) => `${JSON.stringify(one)}\n`).join(""));
    const { code, stdout } = await run("judge", file);
    expect(code).toBe(verdict === "good" ? 0 : 1);
    expect(stdout).toMatch(verdict === "good" ? /✓ C-6/ : /✗ C-6/);
  }
  const file = join(place.path, "not.jsonl");
  writeFileSync(file, "hello\n");
  expect((await run("judge", file)).code).toBe(2);
});

test("importing the package loads no `node:` module, and it depends on nothing [conformance/R2]", async () => {
  const empty = join(place.path, "empty.mjs");
  writeFileSync(empty, "");
  const program = `
    await import(${JSON.stringify(empty)});
    const before = new Set(process.moduleLoadList);
    await import(${JSON.stringify(join(protocol, "dist", "index.js"))});
    const loaded = process.moduleLoadList.filter((name) => !before.has(name) && name.startsWith("NativeModule"));
    console.log(JSON.stringify(loaded));
  `;
  const { stdout, code } = await Child.node(["--input-type=module", "-e", program]).exited;
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual([]);
  for (const file of ["index.js", "index.cjs"])
    expect(readFileSync(join(protocol, "dist", file), "utf8")).not.toMatch(
      /(?:from|import|require)\s*\(?\s*["'](?:node:|[a-z@])/,
    );
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(protocol, "package.json"), "utf8"));
  expect(dependencies).toBeUndefined();
  expect(peerDependencies).toBeUndefined();
});
