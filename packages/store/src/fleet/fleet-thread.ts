import { setTimeout as delay } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { describeFailure, Link } from "../postgres/link.js";
import { parsePostgresUrl } from "../postgres/postgres-url.js";
import { SourceTail } from "../sqlite/read/source-tail.js";
import { ChosenTail } from "./chosen-tail.js";
import { adviceOnFailure } from "./failure-advice.js";
import type { FleetSetup, FromFleet, ToFleet } from "./fleet-message.js";
import { ForwardLoop, type ForwardState, type ForwardStatus } from "./forward-loop.js";
import { Leading } from "./leading.js";
import { PostgresReceiver } from "./postgres-receiver.js";

// The thread that sends to the fleet's database: a database that hangs holds up nobody but it.
const port = parentPort;
if (port === null) throw new Error("this file is the fleet's thread; startForwarding starts it");

/** While nothing else changes than counts, they are told so often. */
const tellMs = 1_000;
/** After this the statement under way is given up; whether it was done stands in the cursor. */
const graceMs = 1_000;

const { path, url, name, version, backlogRowsPerSecond, choice, leads, tells } = workerData as FleetSetup;
const post = (message: FromFleet): void => port.postMessage(message);
const warn = (sentence: string): void => post({ kind: "warning", sentence });
const target = parsePostgresUrl(url);
const link = new Link(target, { name: "kissbot-monitor", warn });

let toldState: ForwardState | null = null;
let toldAtMs = Number.NEGATIVE_INFINITY;
let newest: ForwardStatus | null = null;
let timer: NodeJS.Timeout | undefined;

/** A change of the state at once; other news with the next second. */
function tell(status: ForwardStatus): void {
  newest = status;
  const dueInMs = status.state === toldState ? toldAtMs + tellMs - performance.now() : 0;
  if (dueInMs <= 0) tellNewest();
  else timer ??= setTimeout(tellNewest, dueInMs).unref();
}

function tellNewest(): void {
  clearTimeout(timer);
  timer = undefined;
  if (newest === null) return;
  toldState = newest.state;
  toldAtMs = performance.now();
  post({ kind: "status", status: newest });
}

const loop = new ForwardLoop({
  openTail: () => new ChosenTail(path, choice, Date.now()),
  receiver: new PostgresReceiver(link, name, version),
  rowsPerSecond: backlogRowsPerSecond,
  onStatus: tell,
  describe: (error) => {
    const advice = adviceOnFailure(error);
    return `${describeFailure(error, target)}${advice === null ? "" : `; ${advice}`}`;
  },
  onRejected: (source, id, error) =>
    warn(`a row of ${source} (${id}) is not taken and was passed over: ${describeFailure(error, target)}`),
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  pause: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
});

let hostId: string | null = null;

function ownHostId(): string | null {
  if (hostId !== null) return hostId;
  const tail = new SourceTail(path);
  try {
    hostId = tail.identity()?.hostId ?? null;
  } finally {
    tail.close();
  }
  return hostId;
}

// One that is refused, as a copy of another host, must not act for that host.
const isEntered = () => newest !== null && ["sending", "behind"].includes(newest.state);
let leading = leads || tells.length > 0 ? lead(tells) : null;

function lead(told: FleetSetup["tells"]): Leading {
  return new Leading(
    { fleet: url, leads, tells: told, onNews: (news) => post({ kind: "news", news }), onWarning: warn },
    { hostId: ownHostId, mayAct: isEntered },
  );
}

let closing: Promise<void> | undefined;

port.on("message", (message: ToFleet) => {
  if (message.kind === "tells") {
    if (leading !== null) leading.setTells(message.tells);
    else if (message.tells.length > 0 && closing === undefined) leading = lead(message.tells);
  } else if (message.kind === "marks") leading?.mark(message.marks);
  else {
    loop.stop();
    closing ??= leading?.close();
    setTimeout(() => link.destroy(), graceMs).unref();
    // Whatever still waits: what was not sent is sent by the next one.
    setTimeout(() => process.exit(), 1.5 * graceMs).unref();
  }
});
await loop.run();
await (closing ?? leading?.close());
tellNewest();
link.destroy();
port.close();
