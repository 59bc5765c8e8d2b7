import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rootFiles } from "./root-files.js";
import { readPackages } from "./source-tree.js";

const source = "packages/server/src/";
const files = readPackages()
  .flatMap((each) => each.files)
  .filter(({ path }) => path.startsWith(source));
const nameOf = (path: string) => path.slice(source.length).replace(/\.ts$/, "");
const atRoot = files.filter(({ path }) => !nameOf(path).includes("/"));
const { entries, wiring, shared } = rootFiles;

/** What a file imports of the server, as names such as `clock` or `http/health`. */
function importsOf({ path, imports }: (typeof files)[number]): readonly string[] {
  return imports
    .filter((specifier) => /^\..*\.js$/.test(specifier))
    .map((specifier) => nameOf(join(path, "..", specifier).replace(/\.js$/, ".ts")));
}

describe("the files at the root of @kissbot/server", () => {
  test("are those that the architecture names, each once", () => {
    expect([...entries, ...wiring, ...shared].sort()).toEqual(atRoot.map(({ path }) => nameOf(path)).sort());
  });

  test("that are shared import only one another", () => {
    for (const file of atRoot.filter(({ path }) => shared.includes(nameOf(path)))) {
      for (const name of importsOf(file)) expect(shared, file.path).toContain(name);
    }
  });

  test("that wire rooms together are imported by one another, the entries and commands alone", () => {
    for (const file of files) {
      const name = nameOf(file.path);
      if (wiring.includes(name) || entries.includes(name) || name.startsWith("cli/")) continue;
      for (const imported of importsOf(file)) expect(wiring, file.path).not.toContain(imported);
    }
  });

  test("that are entries are imported by nobody but the first of them", () => {
    for (const file of files) {
      const found = importsOf(file).filter((name) => entries.includes(name));
      expect(found, file.path).toEqual(nameOf(file.path) === "launch" ? ["main"] : []);
    }
  });
});

describe.each(["cli/demo", "cli/doctor"])("%s stands beside the daemon", (folder) => {
  const own = files.filter(({ path }) => nameOf(path).startsWith(`${folder}/`));

  test("and imports nothing of it, but other commands, settings and shared files", () => {
    expect(own.length).toBeGreaterThan(5);
    for (const file of own) {
      for (const name of importsOf(file)) {
        const isOpen = /^(?:cli|config)\//.test(name) || shared.includes(name);
        expect(isOpen, `${file.path} imports ${name}`).toBe(true);
      }
    }
  });

  test("and is loaded by the lists of commands alone, when it is called", () => {
    for (const file of files.filter((one) => !own.includes(one))) {
      const found = importsOf(file).filter((name) => name.startsWith(`${folder}/`));
      if (found.length > 0) expect(nameOf(file.path)).toMatch(/^cli\/[a-z]+-commands$/);
    }
  });
});
