import { parentPort, workerData } from "node:worker_threads";
import { noteFromError } from "../../error.js";
import { backUp } from "../file/backup.js";
import { errorFromSqlite } from "../file/sqlite-error.js";
import {
  readAlertHistory,
  readFacts,
  readNotices,
  readOpenAlerts,
  readSilences,
} from "../read/read-alerts.js";
import { ReadConnection } from "../read/read-connection.js";
import { readCustomSeries } from "../read/read-custom.js";
import { readFleet, readFleetPage } from "../read/read-fleet.js";
import { readHistory } from "../read/read-history.js";
import { readMetricNames } from "../read/read-metric-names.js";
import { readFleetSeries, readMetricSeries } from "../read/read-metrics.js";
import { readPrices } from "../read/read-prices.js";
import { readRuns } from "../read/read-runs.js";
import { readSummary } from "../read/read-summary.js";
import { readUsage } from "../read/read-usage.js";
import { readUsagePage } from "../read/read-usage-page.js";
import type { FromReader, QuestionName, Questions, ReaderSetup, ToReader } from "./reader-message.js";

// A reader's thread: one question at a time, answered from one moment of the file.
const port = parentPort;
if (port === null) throw new Error("this file is the store's reader thread; openStore starts it");

const { path } = workerData as ReaderSetup;
let connection: ReadConnection | null = null;
let generation = 0;
/**
 * After this long without a question the cached pages go. The questions of one page come faster.
 */
const quietMs = 1_000;
let quietTimer: NodeJS.Timeout | undefined;

type Answers = {
  [Name in QuestionName]: (
    from: ReadConnection,
    plan: Questions[Name]["plan"],
  ) => Questions[Name]["answer"] | Promise<Questions[Name]["answer"]>;
};

const answers: Answers = {
  fleet: (from) => from.inOneMoment(() => readFleet(from)),
  fleetPage: (from, plan) => from.inOneMoment(() => readFleetPage(from, plan)),
  statusHistory: (from, plan) => from.inOneMoment(() => readHistory(from, plan)),
  metricSeries: (from, plan) => from.inOneMoment(() => readMetricSeries(from, plan)),
  fleetSeries: (from, plan) => from.inOneMoment(() => readFleetSeries(from, plan)),
  customSeries: (from, plan) => from.inOneMoment(() => readCustomSeries(from, plan)),
  metricNames: (from, plan) => from.inOneMoment(() => readMetricNames(from, plan)),
  runs: (from, plan) => from.inOneMoment(() => readRuns(from, plan)),
  openAlerts: (from) => from.inOneMoment(() => readOpenAlerts(from)),
  alertHistory: (from, plan) => from.inOneMoment(() => readAlertHistory(from, plan)),
  notices: (from, plan) => from.inOneMoment(() => readNotices(from, plan)),
  silences: (from, plan) => from.inOneMoment(() => readSilences(from, plan)),
  facts: (from) => from.inOneMoment(() => readFacts(from)),
  prices: (from) => from.inOneMoment(() => readPrices(from)),
  usageTotals: (from, plan) => from.inOneMoment(() => readUsage(from, plan)),
  usagePage: (from, plan) => from.inOneMoment(() => readUsagePage(from, plan)),
  channelSummary: (from, plan) => from.inOneMoment(() => readSummary(from, plan)),
  backup: (from, plan) => backUp(from.database, { sourcePath: path, target: plan.path, force: plan.force }),
};

function connected(wanted: number): ReadConnection {
  if (connection !== null && wanted !== generation) {
    connection.close();
    connection = null;
  }
  generation = wanted;
  connection ??= new ReadConnection(path);
  return connection;
}

/** The buffers of a series or of totals are handed over, not copied. */
function buffersOf(answer: unknown): ArrayBuffer[] {
  const parts: unknown[] = Array.isArray(answer) ? answer : [answer];
  return parts.flatMap((part) =>
    typeof part === "object" && part !== null
      ? Object.values(part).flatMap((value) =>
          value instanceof Float64Array || value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : [],
        )
      : [],
  );
}

async function answer(message: ToReader & { kind: "ask" }): Promise<FromReader> {
  try {
    const from = connected(message.generation);
    const ask = answers[message.name] as (from: ReadConnection, plan: unknown) => unknown;
    return { kind: "answer", answer: (await ask(from, message.plan)) as Questions[QuestionName]["answer"] };
  } catch (error) {
    return { kind: "failed", error: noteFromError(errorFromSqlite(error, `reading for ${message.name}`)) };
  }
}

/** The question that is being answered. */
let answering: Promise<void> = Promise.resolve();

function shrink(): void {
  try {
    connection?.shrink();
  } catch {
    // The next question reports what is wrong with the file.
  }
}

port.on("message", async (message: ToReader) => {
  clearTimeout(quietTimer);
  if (message.kind === "close") {
    await answering;
    connection?.close();
    port.close();
    return;
  }
  answering = answer(message).then((reply) => {
    port.postMessage(reply, reply.kind === "answer" ? buffersOf(reply.answer) : []);
    quietTimer = setTimeout(shrink, quietMs).unref();
  });
});

// Opened before the first question, so that the first chart does not wait for it. A failure is told
// with a question, not here.
try {
  connected(0).value("SELECT count(*) FROM sqlite_schema");
} catch {
  connection = null;
}
port.postMessage({ kind: "ready" } satisfies FromReader);
