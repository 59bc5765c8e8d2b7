// pidusage as its readme has it, to compare with: one call for all pids. The version is the one
// that the server brings.
import { createRequire } from "node:module";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { answer } from "./answer.mjs";

type Pidusage = (pids: readonly number[]) => Promise<Readonly<Record<string, unknown>>>;

const ofServer = createRequire(fileURLToPath(import.meta.resolve("@kissbot/server/package.json")));
const pidusage = ofServer("pidusage") as Pidusage;
const resolutionMs = 1;

answer({
  look: async ({ pids }: { pids: readonly number[] }) => {
    const delays = monitorEventLoopDelay({ resolution: resolutionMs });
    delays.enable();
    const cpu = process.cpuUsage();
    const since = performance.now();
    const looks = await pidusage(pids);
    const wallMs = performance.now() - since;
    const { user, system } = process.cpuUsage(cpu);
    // The delay that the last step made is seen at the look after it.
    await new Promise((resolve) => setTimeout(resolve, 5));
    delays.disable();
    return {
      wallMs,
      cpuMs: (user + system) / 1_000,
      seen: Object.keys(looks).length,
      maxMs: Math.max(0, delays.max / 1e6 - resolutionMs),
    };
  },
});
