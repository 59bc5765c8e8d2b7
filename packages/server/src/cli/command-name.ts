import { basename, relative } from "node:path";
import process from "node:process";

/**
 * How this command was called, such that a line that is copied to a shell in the same folder works:
 * from a checkout it is no command yet.
 */
export function commandName(): string {
  const script = process.argv[1] ?? "";
  if (basename(script).startsWith("kissbot-monitor")) return "kissbot-monitor";
  return `node ${relative(process.cwd(), script) || script}`;
}
