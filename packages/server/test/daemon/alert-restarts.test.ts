import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Child, killChildren, lasting, TemporaryFolder, until } from "@kissbot/testkit";
import { afterEach, expect, test } from "vitest";
import { type Monitor, startMonitor } from "../cli/command.js";
import { ask } from "../http/ask.js";
import { RecordingReceiver } from "./recording-receiver.js";

const botFile = fileURLToPath(new URL("children/bot.mjs", import.meta.url));
const patient = { timeoutMs: 30_000 };

afterEach(killChildren);

function config(folder: TemporaryFolder, ops: RecordingReceiver, more: readonly string[]): string {
  const path = folder.file("monitor.yaml");
  const lines = [
    "group_interval: 0",
    "reminder: off",
    `receivers: { ops: { webhook: { url: "${ops.url}" } } }`,
    ...more,
  ];
  writeFileSync(path, `monitoring:\n  alerts:\n${lines.map((line) => `    ${line}\n`).join("")}`);
  return path;
}

async function killed({ child }: Monitor): Promise<void> {
  await child.kill();
}

async function deadBot(monitor: Monitor, channel: string): Promise<void> {
  const bot = Child.node([botFile, monitor.socketPath, channel, "beat", "1000"]);
  const [, address = ""] = monitor.at;
  const path = `/api/v1/bots/${channel}`;
  const bodyOf = async () =>
    (await ask(`http://${address}`, path)).body as { process_seen?: boolean; status?: string };
  await until("it is seen", async () => (await bodyOf()).process_seen === true, patient);
  await bot.kill();
  await until("it is dead", async () => (await bodyOf()).status === "dead", patient);
  await lasting("its death is stored", 500);
}

test("a bot that is down is told though the monitor is killed again and again before its quiet, and the rule's time, are over [alerts/A4]", async () => {
  using folder = new TemporaryFolder("restarts");
  await using ops = await RecordingReceiver.start("ops");
  const path = config(folder, ops, ["group_wait: 3s", "rules: { down: { for: 5s } }"]);
  let monitor = await startMonitor(folder.path, ["--config", path]);
  await until("the first message came", () => ops.notices.length === 1, patient);
  await deadBot(monitor, "a");
  let lives = 0;
  while (ops.told.length === 0 && lives++ < 10) {
    await killed(monitor);
    monitor = await startMonitor(folder.path, ["--config", path]);
    // Nine seconds of quiet, three waits for company, would begin anew each time. A machine with
    // other work needs more of a life to come to its message.
    await lasting("a short life", 5_000 + 300 * lives);
  }
  expect(ops.told).toEqual(["down a"]);
  await killed(monitor);
}, 180_000);

test("a receiver that asked for an hour is left alone by each monitor that is started after a kill [alerts/A8]", async () => {
  using folder = new TemporaryFolder("restarts");
  await using ops = await RecordingReceiver.start("ops");
  const path = config(folder, ops, ["group_wait: 0", "rules: { down: { for: 0, hold: 0 } }"]);
  let monitor = await startMonitor(folder.path, ["--config", path]);
  await until("the first message came", () => ops.notices.length === 1, patient);
  let requests = 0;
  ops.reply = (response) => {
    requests++;
    response.writeHead(429, { "retry-after": "3600" }).end();
  };
  await deadBot(monitor, "a");
  await until("it asked for time", () => requests === 1, patient);
  const [, address = ""] = monitor.at;
  const state = async (at: string) => {
    const { body } = await ask(`http://${at}`, "/api/v1/receivers");
    return (body as { receivers: { state: string; detail: string }[] }).receivers[0];
  };
  await until("it is known", async () => (await state(address))?.state === "failing", patient);
  expect((await state(address))?.detail).toContain("429");
  await lasting("its pause is stored", 500);
  for (let life = 0; life < 2; life++) {
    await killed(monitor);
    monitor = await startMonitor(folder.path, ["--config", path]);
    await lasting("a monitor that leaves it alone", 3_000);
    expect(requests).toBe(1);
    expect((await state(monitor.at[1] ?? ""))?.detail).toContain("429");
  }
  await killed(monitor);
}, 120_000);
