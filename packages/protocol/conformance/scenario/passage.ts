import type { Connection, FaultyMonitor } from "../faulty-monitor.js";
import type { Stage } from "../stage.js";

/*
 * What happens in several scenarios.
 */

/** A burst of a quick client, and of one of whose calls a second is enough to see it. */
const manyCalls = 200_000;
const fewCalls = 60_000;
const quickCallUs = 6;

/**
 * Calls for far more rows than may wait, thrice, and takes the memory after each. The first calls
 * only warm the client up.
 */
export async function fill(stage: Stage): Promise<void> {
  const warm = await stage.burst(2_000, 0);
  const count = (warm?.p50 ?? quickCallUs) < quickCallUs ? manyCalls : fewCalls;
  let from = 2_000;
  for (let i = 0; i < 3; i++) {
    await stage.burst(count, from);
    from += count;
    stage.sampleRss();
  }
}

/** The same for a scenario that is about something else: fewer calls, twice. */
export async function fillBriefly(stage: Stage): Promise<void> {
  const warm = await stage.burst(2_000, 0);
  const count = ((warm?.p50 ?? quickCallUs) < quickCallUs ? manyCalls : fewCalls) / 4;
  for (const from of [2_000, 2_000 + count]) {
    await stage.burst(count, from);
    stage.sampleRss();
  }
}

/** How long a client that waits may wait at most here: its bound has not grown beyond this. */
const comeBackMs = 12_000;

/** Waits for another connection. A client without a timer is called meanwhile, as a bot does. */
export async function comeBack(stage: Stage, monitor: FaultyMonitor, mostMs = comeBackMs): Promise<void> {
  const before = monitor.connections.length;
  const isBack = () => monitor.connections.length > before;
  if (stage.hello.timer === true) {
    await stage.until(isBack, mostMs);
    return;
  }
  for (let waitedMs = 0; !isBack() && waitedMs < mostMs; waitedMs += 100) {
    await stage.call("heartbeat", { rss_mb: 1_000 + waitedMs, cpu_pct: 1 });
    await stage.until(isBack, 100);
  }
}

/** How long a client may take for its first connection. */
export const connectMs = 3_000;

/** A monitor that has accepted the client, which has registered. */
export async function connected(stage: Stage): Promise<{ monitor: FaultyMonitor; connection: Connection }> {
  const monitor = await stage.monitor().listen();
  await stage.open();
  await stage.call("register", { features: { chat: true } });
  await stage.until(() => monitor.connections.length > 0, connectMs);
  await stage.quiet(50);
  const [connection] = monitor.connections;
  if (connection === undefined) throw new NeverConnected();
  return { monitor, connection };
}

/** The client made no connection to a monitor that listened before it was asked for anything. */
export class NeverConnected extends Error {
  override readonly name = "NeverConnected";
}
