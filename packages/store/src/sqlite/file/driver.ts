import { createRequire } from "node:module";
import process from "node:process";
import type Database from "better-sqlite3";

/*
 * No one version of better-sqlite3 serves every Node that we do. Version 13 crashes on Node 20 (a
 * segmentation fault when it loads); version 12 aborts the process on Node 24.21
 * (`RemoveEnvironmentCleanupHook: (env) != nullptr`), as soon as the garbage collector takes a
 * statement while no context is entered, which in a thread that ends is certain. So the manifest
 * allows both, 12.9.0 and 13, and npm installs the newest one whose `engines` fit the Node that
 * installs. 12.9.0 is the last version 12 with a prebuilt binary for Node 20; version 13 brings its
 * binaries along.
 */

/** Why this version must not be loaded into that Node, or undefined. */
export function driverMisfit(driverVersion: string, nodeVersion: string): string | undefined {
  const wanted = Number.parseInt(nodeVersion, 10) >= 22 ? 13 : 12;
  if (Number.parseInt(driverVersion, 10) === wanted) return undefined;
  const version = wanted === 12 ? "12.9.0" : "13";
  return `version ${driverVersion} is installed, and Node ${nodeVersion} needs version ${version}: npm install better-sqlite3@${version}`;
}

/** What somebody can do where the driver is missing, or has no binary for this Node. */
export function driverRemedy(nodeVersion: string): string {
  const again = `if it was installed under another Node than this ${nodeVersion}, install again under this one`;
  if (Number.parseInt(nodeVersion, 10) >= 22) return again;
  return `${again}; Node 20 needs the install script of better-sqlite3, which takes a prebuilt binary from the network or else Python and a C++ compiler: \`npm approve-scripts better-sqlite3\` where npm refuses it, then \`npm rebuild better-sqlite3\`; Node 22 and newer need neither script nor compiler`;
}

let loaded: typeof Database | undefined;

/**
 * Loads the driver, once. Throws where it is not installed, was built for another Node, or must not
 * be loaded into this one.
 */
export function loadDriver(): typeof Database {
  if (loaded === undefined) {
    const load = createRequire(import.meta.url);
    const { version } = load("better-sqlite3/package.json") as { version: string };
    const misfit = driverMisfit(version, process.versions.node);
    if (misfit !== undefined) throw new Error(misfit);
    loaded = load("better-sqlite3") as typeof Database;
  }
  return loaded;
}
