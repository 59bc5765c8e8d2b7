import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * Runs a module in a process of its own and resolves with the value that it sends. What one
 * measurement taught the compiler about a function, and what it left on the heap, then touches no
 * other. Rejects if the process ends without a value.
 */
export function isolate<T>(moduleUrl: string, args: readonly string[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(moduleUrl), [...args], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    let answered = false;
    child.once("message", (value) => {
      answered = true;
      resolve(value as T);
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (!answered) reject(new Error(`${moduleUrl} ${args.join(" ")} ended with ${code} and no figures`));
    });
  });
}
