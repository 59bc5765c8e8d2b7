import { join } from "node:path";
import { Child, type Exit } from "@kissbot/testkit";
import { built, ports } from "./port-folder.js";

export const rustFolder = join(ports, "rust");

/** What cargo builds. */
export const rustTarget = join(built, "rust");

const limitMs = 170_000;

/** Runs cargo without a network, with what the machine says about where it is installed. */
export async function cargo(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Exit> {
  const installed = Object.entries(process.env).filter(([name]) => /^(CARGO|RUSTUP)_HOME$/.test(name));
  const places = Object.fromEntries(installed) as Record<string, string>;
  const child = new Child("cargo", args, {
    folder: rustFolder,
    limitMs,
    env: { ...places, CARGO_TARGET_DIR: rustTarget, CARGO_NET_OFFLINE: "true", ...env },
  });
  return await child.exited;
}
