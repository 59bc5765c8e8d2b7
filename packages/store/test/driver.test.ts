import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Child, TemporaryFolder } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { driverMisfit, driverRemedy } from "../src/sqlite/file/driver.js";

test.each([
  ["12.9.0", "20.19.0"],
  ["12.11.1", "20.20.2"],
  ["13.2.0", "22.12.0"],
  ["13.2.0", "24.21.0"],
  ["13.9.9", "26.0.0"],
])("version %s is loaded into Node %s", (driver, node) => {
  expect(driverMisfit(driver, node)).toBeUndefined();
});

test.each([
  [
    "13.2.0",
    "20.19.0",
    "version 13.2.0 is installed, and Node 20.19.0 needs version 12.9.0: npm install better-sqlite3@12.9.0",
  ],
  [
    "12.9.0",
    "22.12.0",
    "version 12.9.0 is installed, and Node 22.12.0 needs version 13: npm install better-sqlite3@13",
  ],
  [
    "12.9.0",
    "24.21.0",
    "version 12.9.0 is installed, and Node 24.21.0 needs version 13: npm install better-sqlite3@13",
  ],
])(
  "version %s, which would end the process, is not loaded into Node %s [trial/B8]",
  (driver, node, reason) => {
    expect(driverMisfit(driver, node)).toBe(reason);
  },
);

test("on Node 20 the remedy names the script, the compiler, and the Node that needs neither [packaging/K3]", () => {
  for (const node of ["20.19.0", "20.20.2"]) {
    expect(driverRemedy(node)).toContain("npm approve-scripts better-sqlite3");
    expect(driverRemedy(node)).toContain("npm rebuild better-sqlite3");
    expect(driverRemedy(node)).toContain("Python and a C++ compiler");
    expect(driverRemedy(node)).toContain("Node 22 and newer need neither script nor compiler");
  }
  for (const node of ["22.12.0", "24.21.0", "26.1.0"]) {
    expect(driverRemedy(node)).toBe(
      `if it was installed under another Node than this ${node}, install again under this one`,
    );
  }
});

/** What is found in the place of the driver, by what npm did. */
const leftovers = {
  // An optional dependency whose install script fails is not there at all.
  "npm left the driver out, as it could not be built": null,
  // With --ignore-scripts version 12 is there, without its binary.
  "npm ran no install script":
    'throw new Error("Could not locate the bindings file. Tried: /nowhere/better_sqlite3.node");',
};

test.each(Object.entries(leftovers))(
  "where %s, the store says how to get one [packaging/K3]",
  async (_, main) => {
    using place = new TemporaryFolder("driver");
    const modules = place.file("node_modules");
    mkdirSync(`${modules}/@kissbot/store`, { recursive: true });
    for (const name of ["dist", "package.json"]) {
      const source = fileURLToPath(new URL(`../${name}`, import.meta.url));
      cpSync(source, `${modules}/@kissbot/store/${name}`, { recursive: true });
    }
    if (main !== null) {
      const version = driverMisfit("12.9.0", process.versions.node) === undefined ? "12.9.0" : "13.2.0";
      mkdirSync(`${modules}/better-sqlite3`);
      writeFileSync(
        `${modules}/better-sqlite3/package.json`,
        JSON.stringify({ name: "better-sqlite3", version }),
      );
      writeFileSync(`${modules}/better-sqlite3/index.js`, main);
    }
    const program = `import { openStore } from "@kissbot/store";
    const error = await openStore("kb.db").then(() => ({ code: "opened" }), (error) => error);
    console.log(JSON.stringify({ code: error.code, message: error.message }));`;
    writeFileSync(place.file("open.mjs"), program);
    const { code, stdout, stderr } = await Child.run(process.execPath, ["open.mjs"], {
      folder: place.path,
      limitMs: 60_000,
    });
    expect(code, stderr).toBe(0);
    const error = JSON.parse(stdout);
    expect(error.code).toBe("sqlite_unavailable");
    expect(error.message).toContain("better-sqlite3 cannot be loaded: ");
    expect(error.message).toContain(`(${driverRemedy(process.versions.node)})`);
  },
  90_000,
);
