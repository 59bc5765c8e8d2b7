import { spawn } from "node:child_process";
import { once } from "node:events";
import { Child } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.js";
import { ProcessGlance } from "../../src/sampling/process-glance.js";

const glance = new ProcessGlance({ clock: systemClock });

test("shows a process that lives, and that it is gone the moment it was reaped [trial/O1]", async () => {
  await using child = new Child("sleep", ["600"]);
  const look = glance.look(child.pid);
  expect(look.state).toBe("alive");
  if (process.platform === "linux") {
    expect(Math.abs((look.startedAtMs ?? 0) - Date.now())).toBeLessThan(10_000);
    expect(look.startKey).toBeGreaterThan(0);
    expect(glance.look(child.pid).startKey).toBe(look.startKey);
  }
  await child.kill();
  expect(glance.look(child.pid)).toEqual({ state: "gone", startedAtMs: null, startKey: null });
});

test.runIf(process.platform === "linux")("a zombie is gone [trial/O1]", async () => {
  // The shell's child ends, and the program that the shell became never asks for it.
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 600"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    await expect.poll(() => glance.look(pid).state, { timeout: 10_000 }).toBe("gone");
    expect(process.kill(pid, 0)).toBe(true);
  } finally {
    parent.kill("SIGKILL");
  }
});

test("where /proc tells nothing, somebody has a pid that exists [trial/O1]", () => {
  const blind = new ProcessGlance({ clock: systemClock, procRoot: "/nowhere" });
  expect(blind.look(process.pid)).toEqual({ state: "alive", startedAtMs: null, startKey: null });
  const hidden = new ProcessGlance({ clock: systemClock, existence: () => "exists" });
  expect(hidden.look(2 ** 31 - 2)).toEqual({ state: "alive", startedAtMs: null, startKey: null });
});

test("what the system does not tell is unknown, and a pid that cannot be is nobody's [trial/O1]", () => {
  const untold = new ProcessGlance({ clock: systemClock, existence: () => "unknown" });
  expect(untold.look(process.pid).state).toBe("unknown");
  expect(glance.look(0).state).toBe("gone");
  expect(glance.look(-1).state).toBe("gone");
});
