// Looks at itself and at nobody where /proc is that of another pid namespace.
const [folder] = process.argv.slice(2);
const { createProbe } = await import(`${folder}/sampling/create-probe.js`);
const { systemClock } = await import(`${folder}/clock.js`);
const probe = createProbe("proc", systemClock);
const looks = await probe.probe([process.pid, 4_000_000]);
console.log(
  JSON.stringify({ states: [...looks.values()].map(({ state }) => state), problem: probe.problem }),
);
