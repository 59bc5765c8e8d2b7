import type { Socket } from "node:net";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { afterAll, expect, test } from "vitest";
import { CompiledSources } from "../compiled-sources.js";
import { ChildMonitor } from "./child-monitor.js";
import { beat, openConnection } from "./test-monitor.js";

const sources = new CompiledSources("ingest", "principals", "queue");
afterAll(() => sources[Symbol.dispose]());

test.skipIf(process.platform === "win32")(
  "lives on without descriptors, says so once, and recovers",
  async () => {
    using place = new TemporaryFolder("ingest");
    using monitor = await ChildMonitor.ready(sources.folder, place.socketPath, [
      "sh",
      "-c",
      'ulimit -n 64 && exec "$@"',
      "sh",
    ]);
    await monitor.start();
    const first = await openConnection(place.socketPath);
    const many: Socket[] = [];
    for (let i = 0; i < 200; i++) many.push(await openConnection(place.socketPath));
    await until("the problem", async () => (await monitor.report()).problem !== null);
    const { problem, cpuMs } = await monitor.report();
    expect(problem?.code).toBe("descriptors_exhausted");
    first.write(beat(1));
    await until("a message of a bot that is connected", async () => (await monitor.report()).lines === 1);
    // It does not turn in circles either.
    const startMs = performance.now();
    await until("half a second", () => performance.now() - startMs > 500);
    expect((await monitor.report()).cpuMs - cpuMs).toBeLessThan(300);
    for (const socket of many) socket.destroy();
    await until("no problem", async () => (await monitor.report()).problem === null);
    (await openConnection(place.socketPath)).end(beat(2));
    await until("a message of a new bot", async () => (await monitor.report()).lines === 2);
    expect(monitor.logs.filter((log) => log.includes("descriptor"))).toHaveLength(2);
    first.destroy();
  },
);
