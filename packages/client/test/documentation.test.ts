import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecordingMonitor } from "../src/testing.js";
import { Child, packageFolder, runProgram } from "./child.js";

interface Snippet {
  readonly language: string;
  readonly code: string;
  /** What stands in the `text` block that follows, if one does. */
  readonly output: string | undefined;
}

const pages = { "README.md": packageFolder, "client-guide.md": join(packageFolder, "..", "..", "docs") };
let folder: string;

function snippetsOf(page: string, home: string): Snippet[] {
  const text = readFileSync(join(home, page), "utf8");
  const fences = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", code = ""]) => ({
    language,
    code,
  }));
  return fences.flatMap(({ language, code }, i) => {
    if (!["js", "cjs", "ts"].includes(language)) return [];
    const next = fences[i + 1];
    return [{ language, code, output: next?.language === "text" ? next.code : undefined }];
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kissbot-docs-"));
  mkdirSync(join(folder, "node_modules", "@kissbot"), { recursive: true });
  symlinkSync(packageFolder, join(folder, "node_modules", "@kissbot", "client"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe.each(Object.entries(pages))("%s", (page, home) => {
  const snippets = snippetsOf(page, home);

  test("has snippets", () => {
    expect(snippets.length).toBeGreaterThan(0);
  });

  test.each(snippets.map((snippet, i) => [i + 1, snippet] as const))(
    "snippet %i does what it says, as it stands there [trial/B2]",
    async (i, snippet) => {
      const { language, code, output } = snippet;
      const file = join(folder, `${page}-${i}.${language === "cjs" ? "cjs" : "mjs"}`);
      // As a reader would copy it: nothing is made older than it is.
      writeFileSync(file, language === "ts" ? (await transform(code, { loader: "ts" })).code : code);
      const env = { KISSBOT_MONITOR_SOCKET: join(folder, "nobody.sock") };
      const exit = await new Child([file], env).exited;
      expect({ code: exit.code, stderr: exit.stderr }).toEqual({ code: 0, stderr: "" });
      if (output !== undefined) expect(exit.stdout).toBe(output);
    },
  );
});

test("says what to set in the tests of a bot, and a bot that has it set reaches no monitor [trial/B6]", async () => {
  const guide = readFileSync(join(pages["client-guide.md"], "client-guide.md"), "utf8");
  const chapter = guide.split("\n## ").find((text) => text.startsWith("Testing a bot"));
  expect(chapter).toMatch(/^```sh\nKISSBOT_MONITOR_DISABLED=1 /m);
  const monitor = await new RecordingMonitor().start();
  const program = `
import { MonitorClient } from "@kissbot/client";
import { HeartbeatTask, registerWithMonitor } from "@kissbot/client/legacy";
const client = new MonitorClient("test");
console.log(await client.register(), registerWithMonitor("test", process.pid, {}));
client.startHeartbeat();
new HeartbeatTask("test", process.pid).start();
await client.close();`;
  const env = { KISSBOT_MONITOR_SOCKET: monitor.socketPath, KISSBOT_MONITOR_DISABLED: "1" };
  const { code, stdout, stderr } = await runProgram(program, env).exited;
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "false false\n", stderr: "" });
  expect(monitor.connections).toBe(0);
  await monitor.stop();
});
