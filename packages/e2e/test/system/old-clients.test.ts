import { Child, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { DatabaseFile } from "./database-file.js";
import { Fleet } from "./fleet.js";
import { MonitorProcess } from "./monitor-process.js";
import { hasPython } from "./python.js";
import { Scene } from "./scene.js";

test.skipIf(!hasPython("a client of the Python era"))(
  "clients of the Python era beside new ones",
  async (context) => {
    await using scene = await Scene.open(context);
    const database = new DatabaseFile(scene);
    const monitor = await MonitorProcess.start(scene, { flags: ["--metrics-interval", "1"] });
    const fleet = await Fleet.start(scene, {
      processes: 1,
      botsPerProcess: 10,
      heartbeatMs: 1_000,
      callsPerSecond: 10,
    });
    const [bots, rounds] = [5, 40];
    const program = scene.project.file("old-bots.py");
    const python = scene.own(
      new Child("python3", [program, scene.socketPath, String(bots), String(rounds)], { stdin: true }),
    );
    await until("it has reported", () => python.stdout.endsWith("gone\n"), {
      timeoutMs: 60_000,
      describe: () => python.stderr,
    });
    const { pid, sent } = JSON.parse(python.stdout.split("\n")[0] ?? "") as {
      pid: number;
      sent: Record<string, number>;
    };
    expect(sent).toEqual({ register: bots, heartbeat: bots * rounds, llm_usage: bots * rounds });
    await fleet.isOnline(monitor);
    const channels = Array.from({ length: bots }, (_, i) => `älter-${i} 🐍`);
    const old = async () => (await monitor.bots()).filter(({ channel }) => channels.includes(channel));
    await until("four have said goodbye", async () => {
      return (await old()).filter(({ status }) => status === "offline").length === bots - 1;
    });
    expect((await old())[0]).toMatchObject({
      channel: channels[0],
      pid,
      status: "online",
      restarts: 0,
      conflict: null,
      features: { chät: true, games: false },
    });

    // Each of its messages, and each of the others'.
    await fleet.stop();
    const { calls, droppedCalls } = await fleet.count();
    expect(droppedCalls).toBe(0);
    await until("every call is stored", () => database.count("llm_usage") === calls + bots * rounds);
    for (const channel of channels) expect(database.calls().get(channel)?.size).toBe(rounds);
    const row = `FROM llm_usage WHERE channel = '${channels[1]}' AND tokens_in`;
    expect(database.rows(`SELECT model, tokens_out, latency_ms ${row} IN (1, 2) ORDER BY tokens_in`)).toEqual(
      [
        { model: "gpt-4ü", tokens_out: 5, latency_ms: 812.5 },
        { model: "gpt-4ü", tokens_out: 5, latency_ms: null },
      ],
    );
    const metrics = await monitor.metrics();
    expect(metrics.sumOrZero("kissbot_lines_rejected_total")).toBe(0);
    const received = (type: string) => metrics.sum("kissbot_messages_received_total", `type="${type}"`);
    expect(received("register")).toBe(bots + 10);
    expect(received("unregister")).toBe(bots - 1);
    const causes = database.transitions().filter(({ channel }) => channels.includes(channel));
    expect(causes.map(({ to }) => to).sort()).toEqual([
      ...Array(bots - 1).fill("offline"),
      ...Array(bots).fill("online"),
    ]);

    // The one that stayed ends without a goodbye: its process was seen, so it is dead.
    await until("its process is seen", async () => (await old())[0]?.process_seen === true);
    python.endInput();
    await python.ends(10_000);
    await until("it is dead", async () => (await old())[0]?.status === "dead");
  },
  120_000,
);
