import type { FleetLeader } from "@kissbot/store/fleet";
import { type BotStatus, botStatuses } from "../registry/bot.js";
import { leaderRecord, leaderSchema } from "./leader-record.js";
import {
  amountSchema,
  countSchema,
  listSchema,
  mapSchema,
  objectSchema,
  orNull,
  textSchema,
  timeSchema,
} from "./schema.js";
import { timestampFromMs } from "./timestamp.js";

/** One thing that is wrong, for people and programs. */
export interface Problem {
  /** A stable name, such as `store_busy`, `socket_lost`, `queue_shedding`. */
  readonly code: string;
  readonly detail: string;
  /** Unix milliseconds. */
  readonly sinceMs: number;
}

/** The rows that wait for the store: their number and estimated size, and the bounds of both. */
interface WaitingRows {
  readonly rows: number;
  readonly maxRows: number;
  readonly bytes: number;
  readonly maxBytes: number;
}

/** How the rows of this host get to the database of several hosts. */
interface FleetDatabase {
  /** Without a password. */
  readonly url: string;
  /** `connecting`, `sending`, `behind`, `away` or `refused`; of a hub `reading`. */
  readonly status: string;
  readonly detail: string | null;
  readonly waitingRows: number | null;
  readonly sentRows: number;
  readonly lostRows: number;
  readonly lagS: number;
  readonly clockSkewS: number | null;
  /** This monitor leads the hosts. */
  readonly isLeader: boolean;
  readonly leader: FleetLeader | null;
}

/** How the monitor itself is. */
export interface Health {
  /** `degraded`: it serves, but one of the problems is there that is not the fleet database's. */
  readonly status: "ok" | "degraded";
  readonly problems: readonly Problem[];
  /** What people call this monitor. */
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly uptimeS: number;
  /** The path of the socket that bots write to; null for a hub, which has none. */
  readonly socket: string | null;
  readonly store: {
    /** Where it is, without secrets. */
    readonly url: string;
    /**
     * `ok`, `busy`, `disk_full`, `failed`, `lost`, `closed`, or `opening` while no store is open.
     */
    readonly status: string;
    readonly detail: string | null;
    readonly pendingRows: number;
    readonly committedRows: number;
  };
  /** Null without one. */
  readonly fleet: FleetDatabase | null;
  readonly bots: Readonly<Record<BotStatus, number>>;
  readonly connections: number;
  readonly queueDepth: number;
  readonly queue: WaitingRows;
  readonly lines: {
    readonly lines: number;
    readonly rejected: Readonly<Record<string, number>>;
    readonly ignored: number;
  };
  /** By type. */
  readonly messages: {
    readonly received: Readonly<Record<string, number>>;
    readonly processed: Readonly<Record<string, number>>;
    readonly shed: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
}

/** The problems as in JSON. */
export function problemRecords(problems: Health["problems"]) {
  return problems.map(({ code, detail, sinceMs }) => ({ code, detail, since: timestampFromMs(sinceMs) }));
}

export function healthRecord(health: Health) {
  const { status, problems, name, version, pid, startedAtMs, uptimeS, socket, store, bots, queue } = health;
  const { online, stale, dead, offline } = bots;
  return {
    status,
    problems: problemRecords(problems),
    name,
    version,
    pid,
    started_at: timestampFromMs(startedAtMs),
    uptime_s: Math.floor(uptimeS),
    socket,
    store: {
      url: store.url,
      status: store.status,
      detail: store.detail,
      pending_rows: store.pendingRows,
      committed_rows: store.committedRows,
    },
    fleet: fleetRecord(health.fleet),
    bots: { online, stale, dead, offline },
    connections: health.connections,
    queue_depth: health.queueDepth,
    queue: { rows: queue.rows, max_rows: queue.maxRows, bytes: queue.bytes, max_bytes: queue.maxBytes },
    lines: { lines: health.lines.lines, rejected: health.lines.rejected, ignored: health.lines.ignored },
    messages: {
      received: health.messages.received,
      processed: health.messages.processed,
      shed: health.messages.shed,
    },
  };
}

function fleetRecord(fleet: FleetDatabase | null) {
  if (fleet === null) return null;
  const { url, status, detail, waitingRows, sentRows, lostRows, lagS, clockSkewS, isLeader, leader } = fleet;
  return {
    url,
    status,
    detail,
    waiting_rows: waitingRows,
    sent_rows: sentRows,
    lost_rows: lostRows,
    lag_s: lagS,
    clock_skew_s: clockSkewS,
    leads: isLeader,
    leader: leaderRecord(leader),
  };
}

export const healthStatusSchema = { type: "string", enum: ["ok", "degraded"] };
export const problemsSchema = listSchema(
  objectSchema({ code: textSchema, detail: textSchema, since: orNull(timeSchema) }),
);
const byType = mapSchema(countSchema, "By the type of the message.");

export const healthSchema = {
  anyOf: [
    objectSchema({
      status: healthStatusSchema,
      problems: problemsSchema,
      name: { ...textSchema, description: "What this monitor is called: --name." },
      version: textSchema,
      pid: countSchema,
      started_at: orNull(timeSchema),
      uptime_s: countSchema,
      socket: { ...orNull(textSchema), description: "The path that bots write to; null for a hub." },
      store: objectSchema({
        url: textSchema,
        status: { ...textSchema, description: "ok, busy, disk_full, failed, lost, closed or opening." },
        detail: orNull(textSchema),
        pending_rows: countSchema,
        committed_rows: countSchema,
      }),
      fleet: {
        anyOf: [
          { type: "null" },
          objectSchema({
            url: textSchema,
            status: {
              ...textSchema,
              description: "connecting, sending, behind, away or refused; of a hub reading.",
            },
            detail: orNull(textSchema),
            waiting_rows: {
              ...orNull(countSchema),
              description: "Rows that it lacks; null before it was reached.",
            },
            sent_rows: { ...countSchema, description: "Since the start." },
            lost_rows: {
              ...countSchema,
              description: "Rows that were deleted here before they were sent, and those it does not take.",
            },
            lag_s: { ...amountSchema, description: "For how long rows of now have waited." },
            clock_skew_s: {
              ...orNull({ type: "number" }),
              description: "Its clock less that of this host.",
            },
            leads: {
              type: "boolean",
              description: "Whether this monitor leads the hosts: it alerts for silent ones.",
            },
            leader: leaderSchema,
          }),
        ],
        description: "The database of several hosts: --fleet; null without one.",
      },
      bots: objectSchema(Object.fromEntries(botStatuses.map((status) => [status, countSchema]))),
      connections: countSchema,
      queue_depth: { ...countSchema, description: "Messages of every type that wait." },
      queue: objectSchema({
        rows: { ...countSchema, description: "llm_usage and custom_metric that wait." },
        max_rows: { ...countSchema, description: "How many may: --queue-limit." },
        bytes: { ...countSchema, description: "What they take, as estimated." },
        max_bytes: { ...countSchema, description: "How much they may take: --queue-bytes." },
      }),
      lines: objectSchema({
        lines: countSchema,
        rejected: mapSchema(countSchema, "By reason."),
        ignored: countSchema,
      }),
      messages: objectSchema({
        received: byType,
        processed: byType,
        shed: mapSchema(mapSchema(countSchema, "By reason."), "By the type of the message."),
      }),
    }),
    objectSchema({ status: healthStatusSchema }, "Where a token is needed and was not given."),
  ],
};
