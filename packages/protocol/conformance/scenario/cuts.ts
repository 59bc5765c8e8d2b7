import type { Connection, FaultyMonitor } from "../faulty-monitor.js";
import type { Stage } from "../stage.js";
import { comeBack, connected } from "./passage.js";
import type { Scenario } from "./scenario.js";

/** How much the monitor takes before it cuts: no multiple of a page, nor of a line. */
const stepBytes = 4_099;
const steps = 7;
/** A row may be whole by chance where the system has taken what it took. */
const tries = 6;

/**
 * Rows of which the system takes no two dozen at once as a whole, where a client hands them over
 * together.
 */
const longRow = { metric_name: "n".repeat(250) };

export const cuts: Scenario = {
  name: "cuts",
  title: "The monitor closes the connection within a line",
  rules: ["C-1", "C-4", "C-7"],
  async play(stage) {
    const { monitor, connection } = await connected(stage);
    monitor.freeze();
    await stage.burst(3_000, 0, { fields: longRow });
    await stage.wait(200);
    await cut(stage, monitor, connection);
    monitor.thaw();
    await comeBack(stage, monitor);
    await stage.quiet();
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.quiet();
    await stage.exit();
  },
};

/**
 * Takes some bytes and lets the client write more, until what the system has taken of the client
 * ends within a line; then closes. Meanwhile the client's process is stopped, so that nothing is
 * written between the last look and the end.
 */
async function cut(stage: Stage, monitor: FaultyMonitor, connection: Connection): Promise<void> {
  for (let i = 0; i < tries; i++) {
    for (let step = 0; step < steps; step++) {
      monitor.take(connection, stepBytes);
      await stage.wait(10);
    }
    stage.driver.signalClients("SIGSTOP");
    await stage.wait(20);
    while (monitor.take(connection) > 0);
    if (connection.bytes.restLength > 0 || i === tries - 1) monitor.close(connection);
    stage.driver.signalClients("SIGCONT");
    if (connection.isOver) return;
    // Without a rest: the client fills the buffer of the system again.
    await stage.burst(1_500, 10_000 * (i + 1), { fields: longRow });
    await stage.wait(50);
  }
}
