import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child as AnyChild } from "@kissbot/testkit";
import { until } from "./until.js";

export { type Exit, killChildren } from "@kissbot/testkit";

/** The package's folder: from there `@kissbot/client` is what has been built. */
export const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** A Node process of a test. */
export class Child extends AnyChild {
  /**
   * Runs `node ...args` in the package's folder, without settings of ours from the outside; by
   * means of the command `through`, if there is one.
   */
  constructor(args: readonly string[], env: Record<string, string> = {}, through: readonly string[] = []) {
    const [command = process.execPath, ...rest] = [...through, process.execPath, ...args];
    super(command, rest, { folder: packageFolder, env });
  }
}

/** Runs a program given as text, as an ES module. */
export function runProgram(
  text: string,
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): Child {
  return new Child([...flags, "--input-type=module", "--eval", text], env);
}

/** Starts `children/monitor.mjs`; resolves when it listens. */
export async function startMonitor(mode: string, socketPath: string): Promise<Child> {
  const child = new Child([join("test", "children", "monitor.mjs"), mode, socketPath]);
  await until(() => child.stdout.includes("listening"));
  return child;
}
