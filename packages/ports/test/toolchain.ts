import { spawnSync } from "node:child_process";

/** A command that succeeds where the client of the language can be built and run. */
const probes = {
  python: ["python3", "-c", "import sys; sys.exit(sys.version_info < (3, 9))"],
  rust: ["cargo", "--version"],
} as const;

export type PortName = keyof typeof probes;

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
  const [command, ...args] = probes[name];
  const env = { ...process.env, PATH: surroundings.PATH };
  if (spawnSync(command, args, { env }).status === 0) return true;
  const required = (surroundings.KISSBOT_REQUIRE_PORTS ?? "").split(",").map((port) => port.trim());
  if (required.includes(name))
    throw new Error(`KISSBOT_REQUIRE_PORTS asks for ${name}, and there is no ${command} for it`);
  say(`SKIPPED: no ${name} on this machine (${command}); its client is not tested.`);
  return false;
}
