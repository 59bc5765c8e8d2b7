import { writeFileSync } from "node:fs";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run } from "./program-run.js";

let place: TemporaryFolder;
beforeEach(() => {
  place = new TemporaryFolder("windows");
});
afterEach(() => place[Symbol.dispose]());

function config(...windows: readonly string[]): string {
  const path = place.file("monitor.yaml");
  const lines = windows.map((line) => `      - ${line}\n`);
  writeFileSync(path, `monitoring:\n  timezone: Europe/Berlin\n  alerts:\n    windows:\n${lines.join("")}`);
  return path;
}

/** As at this moment, with `--utc`. */
async function windows(path: string, at: string, ...argv: readonly string[]) {
  return await run(["alerts", "windows", "--config", path, "--utc", ...argv], { nowMs: Date.parse(at) });
}

const sunday = '{ bots: ["*"], every: [sun], at: "02:30", for: 30m, why: weekly restart }';

test("alerts windows tells when each window begins and ends next in its own zone, over both changes of clocks [alerts/A24]", async () => {
  const path = config(
    sunday,
    '{ bots: ["twitch/*"], rules: [down], at: "01:15", for: 90m, timezone: America/New_York, why: backup }',
  );
  const spring = await windows(path, "2026-03-28T12:00:00Z", "--next", "2");
  expect({ code: spring.code, stderr: spring.stderr }).toEqual({ code: 0, stderr: "" });
  expect(spring.stdout.split("\n").map((line) => line.replaceAll(/ {2,}/g, " | "))).toEqual([
    "BEGINS | ENDS | ZONE | BEGINS (UTC) | BOTS | RULES | WHY",
    // 02:30 does not exist there on that day.
    "Sun 2026-03-29 03:00 | Sun 2026-03-29 03:30 | Europe/Berlin | Sun 2026-03-29 01:00 | * | all | weekly restart",
    "Sun 2026-03-29 01:15 | Sun 2026-03-29 02:45 | America/New_York | Sun 2026-03-29 05:15 | twitch/* | down | backup",
    "Mon 2026-03-30 01:15 | Mon 2026-03-30 02:45 | America/New_York | Mon 2026-03-30 05:15 | twitch/* | down | backup",
    "Sun 2026-04-05 02:30 | Sun 2026-04-05 03:00 | Europe/Berlin | Sun 2026-04-05 00:30 | * | all | weekly restart",
    "",
  ]);
  // 01:15 comes twice in New York on that day; the window lasts for 90 minutes of real time.
  const autumn = await windows(path, "2026-10-31T12:00:00Z", "--next", "1", "--json");
  expect(JSON.parse(autumn.stdout)).toEqual({
    timezone: "Europe/Berlin",
    windows: [
      {
        bots: ["*"],
        rules: null,
        why: "weekly restart",
        timezone: "Europe/Berlin",
        open: null,
        next: [{ from: "2026-11-01T01:30:00.000000+00:00", until: "2026-11-01T02:00:00.000000+00:00" }],
      },
      {
        bots: ["twitch/*"],
        rules: ["down"],
        why: "backup",
        timezone: "America/New_York",
        open: null,
        next: [{ from: "2026-11-01T05:15:00.000000+00:00", until: "2026-11-01T06:45:00.000000+00:00" }],
      },
    ],
  });
});

test("alerts windows says of a window that is open since when it is, until it is over [alerts/A24]", async () => {
  const path = config(sunday);
  const during = await windows(path, "2026-11-29T01:59:59Z");
  expect(during.stdout).toMatch(
    /^open since Sun 2026-11-29 02:30 {2}Sun 2026-11-29 03:00 .*\nSun 2026-12-06 02:30 /m,
  );
  const after = await windows(path, "2026-11-29T02:00:00Z");
  expect(after.stdout).not.toContain("open");
  expect(after.stdout).toMatch(/^Sun 2026-12-06 02:30 /m);
});

test("alerts windows says that there is none, refuses a count that is none, and names a fault of the file [alerts/A34]", async () => {
  const empty = place.file("empty.yaml");
  writeFileSync(empty, "monitoring:\n  timezone: UTC\n");
  expect(await windows(empty, "2026-11-29T02:00:00Z")).toMatchObject({
    code: 0,
    stdout: "There is no window: none stands under alerts: windows:.\n",
  });
  for (const next of ["0", "101", "1.5", "x"])
    expect(await windows(config(sunday), "2026-11-29T02:00:00Z", "--next", next)).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("--next: expected a whole number from 1 to 100"),
    });
  const bad = await windows(config('{ bots: ["*"], at: "02:30", for: 30m }'), "2026-11-29T02:00:00Z");
  expect(bad).toMatchObject({ code: 2, stderr: expect.stringMatching(/monitor\.yaml:5:9 .*why/) });
});
