import { spawnSync } from "node:child_process";

/** What builds and runs the client of each language. */
const toolchains = { python: "python3", rust: "cargo" };

export type PortName = keyof typeof toolchains;

/** Of the environment: where programs are found, and which ports must be tested. */
interface Surroundings {
  readonly PATH?: string | undefined;
  /** Names of ports with commas between them. */
  readonly KISSBOT_REQUIRE_PORTS?: string | undefined;
}

/**
 * Whether the port can be tested here. Where it cannot, one line says so; but it throws where
 * `KISSBOT_REQUIRE_PORTS` names the port.
 */
export function isTestable(
  name: PortName,
  surroundings: Surroundings = process.env as Surroundings,
  say: (line: string) => void = console.warn,
): boolean {
  const command = toolchains[name];
  const env = { ...process.env, PATH: surroundings.PATH };
  if (spawnSync(command, ["--version"], { env }).status === 0) return true;
  const required = (surroundings.KISSBOT_REQUIRE_PORTS ?? "").split(",").map((port) => port.trim());
  if (required.includes(name))
    throw new Error(`KISSBOT_REQUIRE_PORTS asks for ${name}, and there is no ${command}`);
  say(`SKIPPED: no ${name} on this machine (${command}); its client is not tested.`);
  return false;
}
