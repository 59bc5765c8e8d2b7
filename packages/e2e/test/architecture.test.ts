import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPackages, root } from "./source-tree.js";

const packages = readPackages();
const published = packages.filter(({ manifest }) => !manifest.private);

interface Rule {
  /** What the sources may import beside their own files, and thus what the package may depend on at run time. */
  readonly packages: readonly string[];
  readonly builtins: boolean;
  /** What only a subpath imports, which its user then has to bring along. */
  readonly optionalPeers?: readonly string[];
}

const allowed: Record<string, Rule> = {
  "@kissbot/protocol": { packages: [], builtins: false },
  "@kissbot/client": { packages: ["@kissbot/protocol"], builtins: true },
  // The contract suite's property tests.
  "@kissbot/store": {
    packages: ["better-sqlite3", "better-sqlite3-napi"],
    builtins: true,
    optionalPeers: ["fast-check"],
  },
};

const packageOf = (specifier: string) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

describe.each(published)("$name", ({ name, folder, manifest, files }) => {
  const rule = allowed[name];
  const sources = files.filter(({ path }) => path.startsWith(`packages/${folder}/src/`));

  test("is named in the table of what may be imported", () => {
    expect(rule).toBeDefined();
  });

  test("imports only what the table allows", () => {
    expect(sources.length).toBeGreaterThan(0);
    for (const { path, imports } of sources) {
      for (const specifier of imports) {
        if (specifier.startsWith(".")) {
          expect(join("/", path, "..", specifier), `${path} leaves its package`).toContain(
            `/packages/${folder}/`,
          );
        } else if (isBuiltin(specifier)) {
          expect(rule?.builtins, `${path} imports ${specifier}`).toBe(true);
        } else {
          expect([name, ...(rule?.packages ?? [])], `${path} imports ${specifier}`).toContain(
            packageOf(specifier),
          );
        }
      }
    }
  });

  test("depends at run time on nothing else", () => {
    const { dependencies, peerDependencies = {}, peerDependenciesMeta = {}, optionalDependencies } = manifest;
    const names = Object.keys({ ...dependencies, ...optionalDependencies });
    for (const dependency of names) expect(rule?.packages).toContain(dependency);
    for (const peer of Object.keys(peerDependencies)) {
      expect(rule?.optionalPeers ?? []).toContain(peer);
      expect(peerDependenciesMeta[peer]?.optional).toBe(true);
    }
  });

  test("has an explicit index: no `export *`", () => {
    for (const { path, text } of sources) expect(text, path).not.toMatch(/^export \*/m);
  });

  test("has no source file of more than 300 lines", () => {
    for (const { path, text } of sources) expect(text.split("\n").length, path).toBeLessThanOrEqual(301);
  });
});

test("no file and no folder is named after nothing", () => {
  const drawer = /(^|\/)(utils?|helpers?|common|misc|types|interfaces|lib|core|shared)(\.tsx?|\/)/;
  for (const { files } of packages) for (const { path } of files) expect(path).not.toMatch(drawer);
});

test("a cycle of imports fails the lint step", () => {
  // Within the tree, since the linter is configured by the file at its root.
  const folder = mkdtempSync(join(root, "packages", "e2e", "test", "cycle-"));
  try {
    writeFileSync(join(folder, "a.ts"), 'import { b } from "./b.js";\n\nexport const a = () => b;\n');
    writeFileSync(join(folder, "b.ts"), 'import { a } from "./a.js";\n\nexport const b = () => a;\n');
    const biome = join(root, "node_modules", ".bin", "biome");
    const done = spawnSync(biome, ["lint", folder], { cwd: root, encoding: "utf8" });
    expect(done.status).not.toBe(0);
    expect(done.stderr + done.stdout).toContain("noImportCycles");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the lock file names no host, so that it works behind any registry", () => {
  expect(readFileSync(join(root, "pnpm-lock.yaml"), "utf8")).not.toMatch(/tarball:|https?:\/\//);
});
