import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Child, TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPackages, root } from "./source-tree.js";

/**
 * The versions as the registry describes them. Version 12 has an install script, which may compile;
 * version 13 has none.
 */
const published = {
  "12.9.0": {
    engines: { node: "20.x || 22.x || 23.x || 24.x || 25.x" },
    scripts: { install: "touch compiled" },
  },
  "12.11.1": {
    engines: { node: "20.x || 22.x || 23.x || 24.x || 25.x || 26.x" },
    scripts: { install: "touch compiled" },
  },
  "13.2.0": { engines: { node: ">=22" }, scripts: {} },
};

const place = new TemporaryFolder("driver-choice");
let registry: Server;
let url: string;

/**
 * A registry with one package, as small as it may be: which version npm takes is npm's own
 * decision.
 */
beforeAll(async () => {
  const tarballs = new Map<string, Buffer>();
  for (const [version, manifest] of Object.entries(published)) {
    mkdirSync(place.file(version, "package"), { recursive: true });
    writeFileSync(
      place.file(version, "package", "package.json"),
      JSON.stringify({ name: "better-sqlite3", version, ...manifest }),
    );
    const { code, stderr } = await Child.run("tar", ["-czf", "package.tgz", "package"], {
      folder: place.file(version),
    });
    expect(code, stderr).toBe(0);
    tarballs.set(version, readFileSync(place.file(version, "package.tgz")));
  }
  registry = createServer((request, response) => {
    const tarball = tarballs.get(/^\/(.*)\.tgz$/.exec(request.url ?? "")?.[1] ?? "");
    if (tarball !== undefined) return void response.end(tarball);
    const versions = Object.entries(published).map(([version, manifest]) => {
      const integrity = `sha512-${createHash("sha512")
        .update(tarballs.get(version) ?? "")
        .digest("base64")}`;
      const dist = { tarball: `${url}/${version}.tgz`, integrity };
      const hasInstallScript = "install" in manifest.scripts;
      return [version, { name: "better-sqlite3", version, ...manifest, hasInstallScript, dist }];
    });
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        name: "better-sqlite3",
        "dist-tags": { latest: "13.2.0" },
        versions: Object.fromEntries(versions),
      }),
    );
  });
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
});

afterAll(() => {
  registry.close();
  place[Symbol.dispose]();
});

test.each([
  ["20.19.0", "12.9.0", true],
  ["22.12.0", "13.2.0", false],
  ["24.21.0", "13.2.0", false],
  ["26.1.0", "13.2.0", false],
])(
  "npm under Node %s installs better-sqlite3 %s for the store, without a script from 22 on [trial/B8][packaging/K3]",
  async (node, version, isBuilt) => {
    const store = readPackages().find(({ name }) => name === "@kissbot/store");
    const folder = place.file(`project-${node}`);
    mkdirSync(folder);
    const { optionalDependencies } = store?.manifest ?? {};
    expect(Object.keys(optionalDependencies ?? {})).toEqual(["better-sqlite3"]);
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ name: "project", version: "1.0.0", optionalDependencies }),
    );
    const pretend = `Object.defineProperty(process.versions,"node",{value:"${node}"});Object.defineProperty(process,"version",{value:"v${node}"})`;
    const exit = await Child.run("npm", ["install", "--no-audit", "--no-fund"], {
      folder,
      env: {
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(pretend)}`,
        npm_config_registry: url,
        npm_config_cache: place.file(`cache-${node}`),
        npm_config_userconfig: place.file("npmrc"),
        npm_config_update_notifier: "false",
      },
      limitMs: 120_000,
    });
    expect(exit.code, exit.stderr).toBe(0);
    const installed = join(folder, "node_modules", "better-sqlite3");
    expect(JSON.parse(readFileSync(join(installed, "package.json"), "utf8")).version).toBe(version);
    expect(existsSync(join(installed, "compiled"))).toBe(isBuilt);
  },
);

test("this workspace has the same version for each Node that a user gets [trial/B8]", () => {
  const lock = readFileSync(join(root, "pnpm-lock.yaml"), "utf8");
  const versions = [
    ...lock.matchAll(/^ {2}better-sqlite3@([\d.]+):\n {4}resolution: .*\n {4}engines: \{node: (.*)\}$/gm),
  ];
  expect(versions.map(([, version, node]) => [version, node?.replaceAll("'", "")])).toEqual([
    ["12.9.0", "20.x"],
    ["13.2.0", ">=22"],
  ]);
});
