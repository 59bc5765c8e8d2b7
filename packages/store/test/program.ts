import { fileURLToPath } from "node:url";
import { Child } from "@kissbot/testkit";

/** Runs a program of this folder with Node; it reads what the test writes. */
export function startProgram(file: string, ...args: readonly string[]): Child {
  return Child.node([fileURLToPath(new URL(file, import.meta.url)), ...args], { stdin: true });
}
