import { createRequire } from "node:module";
import process from "node:process";
import type Database from "better-sqlite3";

/*
 * No one version of better-sqlite3 serves every Node that we do. Version 13 crashes on Node 20 (a segmentation fault when it
 * loads); version 12 aborts the process on Node 24.21 (`RemoveEnvironmentCleanupHook: (env) != nullptr`), as soon as the garbage collector
 * takes a statement while no context is entered, which in a thread that ends is certain. So both are named as
 * optional dependencies, under two names, and the running Node decides.
 */

/** The name under which the version that fits the Node is installed. */
export function driverNameFor(nodeVersion: string): string {
  return Number.parseInt(nodeVersion, 10) >= 22 ? "better-sqlite3-napi" : "better-sqlite3";
}

let loaded: typeof Database | undefined;

/** Loads the driver, once. Throws what `require` throws where it is not installed or was built for another Node. */
export function loadDriver(): typeof Database {
  loaded ??= createRequire(import.meta.url)(driverNameFor(process.versions.node)) as typeof Database;
  return loaded;
}
