// Works for about half of the time, and tells its own CPU time whenever it is asked.
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuMs: (user + system) / 1_000, atMs: Date.now() });
});
process.on("disconnect", () => process.exit());
setInterval(() => {
  const end = performance.now() + 20;
  while (performance.now() < end);
}, 40);
