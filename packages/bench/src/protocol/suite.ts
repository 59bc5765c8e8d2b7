import { isolate } from "../isolate.js";
import type { Pair } from "../pair.js";
import type { Table } from "../table.js";

/** The codec beside plain JSON.parse and JSON.stringify of the same bytes, in the same process. */
export async function run(): Promise<readonly Table[]> {
  return [await decodeTable(), await encodeTable()];
}

async function decodeTable(): Promise<Table> {
  const rows: string[][] = [];
  for (const [chunk, size] of [
    ["64 kB", 65_536],
    ["150 bytes", 150],
    ["a line", "line"],
    ["1 byte", 1],
  ] as const) {
    for (const workload of ["heartbeat", "llm_usage"]) {
      const pair = await isolate<Pair>(new URL("./decode.ts", import.meta.url).href, [
        workload,
        String(size),
      ]);
      const speed = { median: 1 / pair.ratio.median, min: 1 / pair.ratio.max, max: 1 / pair.ratio.min };
      rows.push([workload, chunk, ns(pair.ours.median), ns(pair.baseline.median), times(speed)]);
    }
  }
  return {
    title: "Decoding",
    method:
      "`LineDecoder` with validation, beside a loop that finds the newline, calls `toString` and `JSON.parse` for each line and checks nothing. A line is cut by most chunks of 64 kB and 150 bytes, and by none of a line. Median of 11 rounds in turn; speed is baseline time divided by ours (lowest to highest round).",
    columns: ["message", "chunks", "ours, ns a message", "plain, ns a message", "speed"],
    rows,
  };
}

async function encodeTable(): Promise<Table> {
  const rows: string[][] = [];
  for (const workload of ["heartbeat", "llm_usage", "custom_metric", "register"]) {
    for (const how of ["make", "copy"]) {
      const pair = await isolate<Pair>(new URL("./encode.ts", import.meta.url).href, [workload, how]);
      const what = how === "make" ? "string" : "string, copied to a buffer";
      rows.push([workload, what, ns(pair.ours.median), ns(pair.baseline.median), times(pair.ratio)]);
    }
  }
  return {
    title: "Encoding",
    method:
      "`encode` with validation, beside `JSON.stringify` of the same object. Median of 31 rounds in turn; time is ours divided by the baseline's (lowest to highest round).",
    columns: ["message", "makes", "ours, ns a message", "plain, ns a message", "time"],
    rows,
  };
}

const ns = (value: number) => value.toFixed(0);
const times = ({ median, min, max }: { median: number; min: number; max: number }) =>
  `${median.toFixed(2)} x (${min.toFixed(2)} to ${max.toFixed(2)})`;
