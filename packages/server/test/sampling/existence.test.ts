import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { existenceOf } from "../../src/sampling/existence.js";

test("a live process exists until it has been reaped", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  expect(existenceOf(pid)).toBe("exists");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existenceOf(pid)).toBe("absent");
});

test("numbers that no process can have are absent; 0 and below do not name groups", () => {
  expect([0, -1, -process.pid, 1.5, Number.NaN].map(existenceOf)).toEqual(Array(5).fill("absent"));
});

test.skipIf(process.platform === "win32")(
  "a pid beyond what POSIX has is absent, although a message may carry it",
  () => {
    expect(existenceOf(4_294_967_295)).toBe("absent");
    expect(existenceOf(2_147_483_648)).toBe("absent");
  },
);

test.skipIf(process.platform === "win32" || process.getuid?.() === 0)(
  "a process that may not be signalled exists",
  () => {
    expect(existenceOf(1)).toBe("exists");
  },
);
