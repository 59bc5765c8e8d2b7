// Looks at a process, then at another under the same pid. In a pid namespace of its own, as it
// chooses pids.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

const [folder, kind] = process.argv.slice(2);
const { createProbe } = await import(`${folder}/sampling/create-probe.js`);
const { systemClock } = await import(`${folder}/clock.js`);
const probe = createProbe(kind, systemClock);

/** Far fewer than any program has once it runs. */
const fewPages = 100;

async function looksAt(pid) {
  // Linux counts the first pages of a process late, and some of them back for a moment.
  while (Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) < fewPages) await setImmediate();
  const looks = [];
  for (let round = 0; round < 3; round++) looks.push((await probe.probe([pid])).get(pid));
  return looks;
}

const first = spawn("sleep", ["1000"]);
await once(first, "spawn");
const before = await looksAt(first.pid);
first.kill("SIGKILL");
await once(first, "exit");

let second;
for (let attempt = 0; second?.pid !== first.pid && attempt < 50; attempt++) {
  writeFileSync("/proc/sys/kernel/ns_last_pid", String(first.pid - 1));
  second = spawn("sleep", ["1000"]);
  await once(second, "spawn");
}
const after = await looksAt(second.pid);
console.log(JSON.stringify({ reused: second.pid === first.pid, before, after }));
process.exit();
