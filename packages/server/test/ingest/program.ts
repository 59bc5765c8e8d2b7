import { execFile } from "node:child_process";

/** Runs a CommonJS program given as text, to its end, however that comes. */
export function runNode(text: string): Promise<void> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--eval", text], () => resolve());
  });
}
