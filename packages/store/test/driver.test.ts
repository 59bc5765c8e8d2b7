import { expect, test } from "vitest";
import { driverMisfit } from "../src/sqlite/file/driver.js";

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
