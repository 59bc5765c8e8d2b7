// `node .ci/record-release.mjs VERSION`: leaves, for each later version to open, what the built
// monitor and client of this version write: the database of a monitor, what is in it, and the bytes
// of a client's session.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import { root } from "./pnpm.mjs";

const version = process.argv[2] ?? "";
if (!/^\d+\.\d+\.\d+$/.test(version)) {
  console.error("expected the version that is released, such as 0.1.0");
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), "kissbot-record-"));
const folder = join(root, "packages", "e2e", "fixtures", "releases", version);
const session = [];
/**
 * What a bot of this version can say: every message, every optional field, and text beyond ASCII.
 */
const bot = `
import { MonitorClient } from "@kissbot/client";
const options = { socketPath: process.env.SOCKET };
const client = new MonitorClient("release/bot", options);
await client.register({ chat: true, voice: false });
await client.heartbeat({ cpuPct: 12.5, rssMb: 64.25 });
await client.logLlmUsage({ model: "model-a", feature: "chat", tokensIn: 1200, tokensOut: 340, tokensCached: 200, tokensCacheWrite: 100, costUsd: 0.0125, latencyMs: 850, provider: "provider-a" });
await client.logLlmUsage({ model: "model-b", feature: "grüße", tokensIn: 7, tokensOut: 0 });
await client.logMetric("queue_length", 4);
await client.setTrouble("gateway closed: 4004");
await client.flush({ timeoutMs: 10_000 });
// Until the monitor has looked at this process: a sample of it belongs to the records.
for (;;) {
  const { bots } = await (await fetch(process.env.HTTP + "/api/v1/bots")).json();
  if (bots.some(({ channel, process_seen, rss_mb }) => channel === "release/bot" && process_seen && rss_mb !== null)) break;
  await new Promise((resolve) => setTimeout(resolve, 100));
}
const other = new MonitorClient("release/gone", options);
await other.register({});
await other.unregister();
await Promise.all([client.close({ timeoutMs: 10_000 }), other.close({ timeoutMs: 10_000 })]);
`;

const recorder = createServer((from) => {
  const chunks = [];
  const to = connect(join(scratch, "monitor.sock"));
  from.on("data", (chunk) => chunks.push(chunk)).on("error", () => to.destroy());
  from.on("close", () => session.push(Buffer.concat(chunks)));
  from.pipe(to);
  to.on("error", () => from.destroy()).pipe(from);
});
const store = join(scratch, "monitor.db");
const flags = [
  "--socket",
  join(scratch, "monitor.sock"),
  "--store",
  store,
  "--http",
  "127.0.0.1:0",
  "--metrics-interval",
  "1",
  "--json",
];
const monitor = spawn(process.execPath, [join(root, "packages/server/dist/main.js"), "start", ...flags], {
  cwd: scratch,
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  let printed = "";
  monitor.stdout.setEncoding("utf8").on("data", (text) => {
    printed += text;
  });
  const http = await until(() => /"http":"(http:[^"]+)"/.exec(printed.replaceAll(/\s/g, ""))?.[1]);
  await new Promise((resolve) => recorder.listen(join(scratch, "bot.sock"), resolve));
  const client = spawn(process.execPath, ["--input-type=module", "--eval", bot], {
    cwd: join(root, "packages", "e2e"),
    stdio: "inherit",
    env: { ...process.env, SOCKET: join(scratch, "bot.sock"), HTTP: http },
  });
  const code = await new Promise((resolve) => client.once("exit", resolve));
  if (code !== 0) throw new Error(`the client ended with ${code}`);
  // Until both bots are gone, and the last change of their status is stored.
  await until(async () => {
    const { events } = await (await fetch(`${http}/api/v1/events`)).json();
    return (
      ["dead", "offline"].every((status) => events.some(({ to_status }) => to_status === status)) || undefined
    );
  });
  monitor.kill("SIGTERM");
  await new Promise((resolve) => monitor.once("exit", resolve));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "monitor.db.gz"), gzipSync(readFileSync(store), { level: 9 }));
  writeFileSync(join(folder, "session.jsonl"), Buffer.concat(session));
  // Reading it changes nothing but the copy: the file above has been written.
  const records = execFileSync(process.execPath, [join(root, ".ci", "read-database.mjs"), store]);
  for (const kind of ["bots", "changes", "usage", "samples"]) {
    if (JSON.parse(records)[kind].length === 0) throw new Error(`no ${kind} were recorded`);
  }
  writeFileSync(join(folder, "records.json"), records);
  console.log(`recorded in ${folder}`);
} finally {
  monitor.kill("SIGKILL");
  recorder.close();
  rmSync(scratch, { recursive: true, force: true });
}

async function until(ask) {
  const deadlineMs = performance.now() + 120_000;
  while (performance.now() < deadlineMs) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("not within two minutes");
}
