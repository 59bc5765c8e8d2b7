import { type Judge, messageOf, type WireEvent } from "../wire.js";

/** A connection has to be slow for so long before keeping it shows anything. */
const slowMs = 1_000;

/**
 * [C-6]: a slow connection is kept. While the monitor takes nothing, the client neither ends it nor
 * opens another beside it, unless it was asked to close or its process to end.
 */
export const judgeC6: Judge = (wire) => {
  const fail = (detail: string) => ({ rule: "C-6", outcome: "fail" as const, detail });
  const open = new Set<number>();
  const bots = new Set<string>();
  let frozenAtMs: number | undefined;
  let slowestMs = 0;
  let wasFrozen = false;
  let mayEnd = false;
  let hasForked = false;
  for (const one of wire) {
    if (frozenAtMs !== undefined && open.size > 0) slowestMs = Math.max(slowestMs, one.at_ms - frozenAtMs);
    switch (one.event) {
      case "call":
      case "burst":
        bots.add(channelOf(one));
        break;
      case "frozen":
        frozenAtMs = one.at_ms;
        wasFrozen = true;
        break;
      case "thawed":
        frozenAtMs = undefined;
        break;
      case "forked":
        hasForked = true;
        break;
      case "close_asked":
      case "exit_asked":
      case "exit":
        mayEnd = true;
        break;
      case "accepted":
        open.add(one.connection);
        if (frozenAtMs !== undefined && !hasForked && open.size > Math.max(1, bots.size))
          return fail(`${open.size} connections are open at once while the monitor takes nothing`);
        break;
      case "ended":
        if (one.how !== "half") open.delete(one.connection);
        // The end is seen only once the monitor reads again.
        if (one.by === "client" && wasFrozen && !mayEnd && !hasForked)
          return fail(`the client ended connection ${one.connection}, which was merely slow`);
    }
  }
  if (slowestMs < slowMs)
    return { rule: "C-6", outcome: "not_exercised", detail: "no open connection was slow for a second" };
  const detail = `the connection was kept while the monitor took nothing for ${(slowestMs / 1000).toFixed(1)} s`;
  return { rule: "C-6", outcome: "pass", detail, measured: { slow_ms: slowestMs } };
};

function channelOf(one: Extract<WireEvent, { event: "call" | "burst" }>): string {
  return one.event === "burst" ? one.channel : (messageOf(one.line)?.channel ?? "");
}
