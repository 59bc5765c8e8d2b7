import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "@kissbot/testkit";
import typescript from "typescript";
import { describe, expect, test } from "vitest";
import { readPackages, root } from "./source-tree.js";

const commands = [
  "packages/server/bin/kissbot-monitor.mjs",
  "packages/server/dist/main.js",
  ".ci/start.mjs",
  ".ci/test.mjs",
  ".ci/run-pnpm.mjs",
];

/** Makes this Node say that it is another one, before anything else runs. */
const pretend = (version: string) =>
  `data:text/javascript,${encodeURIComponent(
    `Object.defineProperty(process.versions, "node", { value: "${version}" });
     Object.defineProperty(process, "version", { value: "v${version}" });`,
  )}`;

describe.each(commands)("%s", (command) => {
  test.each(["14.21.3", "18.20.8", "20.18.1"])(
    "says in one sentence that Node %s is too old [trial/N1]",
    async (version) => {
      const exit = await Child.run(
        process.execPath,
        ["--import", pretend(version), join(root, command), "--version"],
        {
          folder: root,
          limitMs: 60_000,
        },
      );
      expect(exit).toMatchObject({
        code: 2,
        stdout: "",
        stderr: `KissBot Monitor needs Node 20.19 or newer; this is v${version}.\n`,
      });
    },
  );
});

test("what the command begins with imports nothing, and has no syntax that an old Node cannot read [trial/N1]", () => {
  const text = readFileSync(join(root, "packages/server/dist/main.js"), "utf8");
  expect(text).not.toMatch(/^import\b|^await\b/m);
  const transpiled = typescript.transpileModule(text, {
    compilerOptions: { target: typescript.ScriptTarget.ES2020, module: typescript.ModuleKind.ESNext },
  }).outputText;
  const latest = typescript.transpileModule(text, {
    compilerOptions: { target: typescript.ScriptTarget.ESNext, module: typescript.ModuleKind.ESNext },
  }).outputText;
  expect(transpiled).toBe(latest);
});

test("the Node that is wanted is the one of the manifests [trial/N1]", () => {
  const engines = readPackages().map(
    ({ manifest }) => manifest as { private?: boolean; engines?: { node?: string } },
  );
  const wanted = engines.filter((manifest) => !manifest.private).map(({ engines }) => engines?.node);
  expect(new Set(wanted)).toEqual(new Set([">=20.19"]));
});
