import process from "node:process";
import { processStart } from "../../src/state-file/process-start.js";
import type { StateFile } from "../../src/state-file/state-file.js";

/** The state of a monitor that runs: this process, but for what a test changes. */
export function aState(change: Partial<StateFile> = {}): StateFile {
  return {
    name: "bots-1",
    version: "1.2.3",
    pid: process.pid,
    processStart: processStart(process.pid),
    startedAt: "2026-05-20T12:00:00.000Z",
    socket: "/run/kissbot/monitor.sock",
    store: "/var/lib/kissbot/monitor.db",
    http: "http://127.0.0.1:7788",
    configFile: "/etc/kissbot/monitor.yaml",
    workingDirectory: "/var/lib/kissbot",
    ...change,
  };
}
