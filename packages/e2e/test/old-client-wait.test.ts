import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { root } from "./document.js";
import { operatorShellForFile } from "./operator-shell.js";

const shell = operatorShellForFile();

test("an old client that waits for its ACK is heard at once and waits out its own limit [trial/D1]", async () => {
  const page = readFileSync(join(root, "docs/migration.md"), "utf8");
  expect(page).toContain("then waits until its own time limit is over, each time");
  const socket = connect(join(shell().folder, "monitor.sock"));
  const ends: string[] = [];
  for (const event of ["data", "end", "close", "error"]) socket.on(event, () => ends.push(event));
  await once(socket, "connect");
  const since = performance.now();
  socket.setTimeout(1_500);
  const limit = once(socket, "timeout");
  socket.write(
    `${JSON.stringify({ type: "register", channel: "old_bot", pid: process.pid, features: {} })}\n`,
  );
  await limit;
  expect(performance.now() - since).toBeGreaterThan(1_400);
  expect(ends, "no word, and no end of the connection").toEqual([]);
  await until("it is in the fleet", async () => {
    const { output } = await shell().run("kissbot-monitor bots --json");
    return output.includes('"old_bot"');
  });
  socket.destroy();
}, 60_000);
