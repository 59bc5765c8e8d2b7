import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { readPackages, root } from "./source-tree.js";

const path = join(root, ".github", "workflows", "release.yml");
const text = readFileSync(path, "utf8");
const workflow = parse(text);
const steps: { run?: string; uses?: string }[] = workflow.jobs.publish.steps;
const commands = steps.map(({ run = "" }) => run).join("\n");

test("the workflow of the release calls scripts that there are, after the gate", () => {
  const scripts = [...commands.matchAll(/node (\.ci\/\S+\.mjs)/g)].map(([, script = ""]) => script);
  expect(scripts).toEqual([".ci/release.mjs", ".ci/sbom.mjs"]);
  for (const script of scripts) expect(existsSync(join(root, script)), script).toBe(true);
  const order = ["npm test", ".ci/release.mjs --dry-run", ".ci/sbom.mjs", "npm publish"].map((part) =>
    commands.indexOf(part),
  );
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(order[0]).toBeGreaterThanOrEqual(0);
});

test("it publishes every package, each before those that need it, with provenance", () => {
  const [, list = ""] = /for name in ([\w ]+); do/.exec(commands) ?? [];
  const names = list.split(" ");
  const published = readPackages().filter(({ manifest }) => !manifest.private);
  expect([...names].sort()).toEqual(published.map(({ name }) => name.replace("@kissbot/", "")).sort());
  for (const { name, manifest } of published) {
    for (const needed of Object.keys(manifest.dependencies ?? {})) {
      if (!needed.startsWith("@kissbot/")) continue;
      const [own, other] = [name, needed].map((one) => names.indexOf(one.replace("@kissbot/", "")));
      expect(other, `${needed} before ${name}`).toBeLessThan(own ?? -1);
    }
  }
  expect(commands).toContain("--provenance");
});

test("it holds no token, has no right beside the two that it needs, and says that it is untried", () => {
  expect(workflow.permissions).toEqual({ contents: "read" });
  expect(workflow.jobs.publish.permissions).toEqual({ contents: "write", "id-token": "write" });
  expect(text).not.toMatch(/NPM_TOKEN|NODE_AUTH_TOKEN|secrets\./);
  expect(text).not.toMatch(/https?:/);
  expect(text).toContain("UNTRIED");
});
