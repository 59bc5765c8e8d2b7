import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { root, snippetsIn } from "./document.js";
import { runProgram } from "./program-run.js";
import { isInstalled } from "./toolchain.js";

const runner = join(root, "packages", "protocol", "bin", "kissbot-conformance.mjs");
const snippets = snippetsIn("docs/ports.md");

/** The exit code that the page tells of what the runner prints. */
function codeOf(shown: string): number {
  if (shown.includes("stdout belongs to the driver protocol")) return 2;
  return shown.startsWith("✗ ") && !shown.startsWith("✗ failed") ? 1 : 0;
}

/** Whether the line is printed; `…` in what is shown stands for what differs from run to run. */
function isPrinted(shown: string, printed: readonly string[]): boolean {
  const [before = "", behind = ""] = shown.split("…");
  return printed.some((line) => line.startsWith(before) && line.endsWith(behind));
}

interface Step {
  readonly words: readonly string[];
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly shown: readonly string[];
}

/**
 * What the runner printed where it is not what is shown. A busy machine may make a run fail: the
 * start of an interpreter counts to the time of a program. So it is tried four times.
 */
async function faultOf({ words, folder, env, shown }: Step): Promise<string | undefined> {
  let fault: string | undefined;
  for (let tries = 0; tries < 4; tries++) {
    const limitMs = 240_000;
    const run = await runProgram([process.execPath, runner, ...words], { cwd: folder, env, limitMs });
    const printed = `${run.stdout}\n${run.stderr}`.split("\n");
    const isShown = shown.every((each) => isPrinted(each, printed));
    if (isShown && run.code === codeOf(shown.join("\n"))) return undefined;
    fault = `exit code ${run.code}\n${printed.join("\n")}`;
  }
  return fault;
}

test.skipIf(!isInstalled("python"))(
  "the port of the guide prints at each step what is shown, from the first line to the last [conformance/R1]",
  async () => {
    using place = new TemporaryFolder("ports-guide");
    const folder = join(place.path, "port");
    mkdirSync(folder);
    let runs = 0;
    for (const { language, text, output, line } of snippets) {
      const [, file] = /^# (\w+\.py)\n/.exec(text) ?? [];
      if (language === "python") {
        expect(file, `docs/ports.md:${line}: a program without the name of its file`).toBeDefined();
        writeFileSync(join(folder, file as string), text);
      }
      if (language !== "sh" || text.startsWith("npm install ")) continue;
      const command = text.replace(/^npx @kissbot\/protocol /, "").trim();
      expect(command, `docs/ports.md:${line}`).not.toBe(text.trim());
      const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? "");
      const env = {
        PYTHONPATH: join(root, "packages", "protocol", "examples", "python"),
        PYTHONDONTWRITEBYTECODE: "1",
      };
      const shown = (output?.text ?? "").split("\n").filter((each) => each !== "");
      expect(shown.length, `docs/ports.md:${line}`).toBeGreaterThan(0);
      const fault = await faultOf({ words, folder, env, shown });
      expect(fault, `docs/ports.md:${line}`).toBeUndefined();
      runs++;
    }
    expect(runs).toBe(5);
  },
  1_800_000,
);
