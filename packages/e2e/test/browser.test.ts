import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "./source-tree.js";

describe("the browser of the page's tests", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kissbot-browser-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** With nothing on the PATH but what the test puts there: no apt either. */
  function provide(env: Record<string, string>) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [".ci/browser.mjs"], {
      cwd: root,
      encoding: "utf8",
      env: { PATH: folder, ...env },
    });
    return { status, lines: `${stdout}${stderr}`.trim().split("\n") };
  }

  test.skipIf(process.platform !== "linux")(
    "fails with one sentence under CI where there is none, and is skipped on a desk [page/R33]",
    () => {
      const sentence = /^The tests of the page need a Chromium: .* or name one with KISSBOT_CHROMIUM\.$/;
      const inCi = provide({ CI: "true" });
      expect(inCi).toEqual({ status: 1, lines: [expect.stringMatching(sentence)] });
      expect(provide({})).toEqual({
        status: 0,
        lines: [expect.stringMatching(sentence), "They are skipped, and counted as such."],
      });
    },
  );

  test.skipIf(process.platform === "win32")(
    "is the one that is named, else the first on the PATH [page/R33]",
    () => {
      const file = join(folder, "chromium-headless-shell");
      writeFileSync(file, "#!/bin/sh\n");
      chmodSync(file, 0o755);
      expect(provide({ CI: "true" })).toEqual({ status: 0, lines: [`Browser: ${file}`] });
      expect(provide({ CI: "true", KISSBOT_CHROMIUM: join(folder, "absent") }).status).toBe(1);
      expect(provide({ KISSBOT_CHROMIUM: process.execPath }).lines).toEqual([`Browser: ${process.execPath}`]);
    },
  );
});
