import { spawnSync } from "node:child_process";

/** Whether this machine lets us make pid namespaces. */
export function canMakeNamespaces(): boolean {
  return process.platform === "linux" && runInNamespace(["--mount-proc"], ["-e", "1"]).status === 0;
}

/** Runs Node in a pid namespace of its own, where pids can be chosen and disturb nobody. */
export function runInNamespace(options: readonly string[], args: readonly string[]) {
  const command = ["--user", "--map-root-user", "--pid", "--fork", ...options, process.execPath, ...args];
  return spawnSync("unshare", command, { encoding: "utf8", timeout: 20_000 });
}
