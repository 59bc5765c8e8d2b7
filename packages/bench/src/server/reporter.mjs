// Preloaded into the monitor, which has no switch for measuring: tells of its event loop and its
// heap when asked.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { getHeapCodeStatistics, writeHeapSnapshot } from "node:v8";
import { answer } from "./answer.mjs";

/** Only while somebody measures: a look each millisecond is work of its own. */
let delays;
let resolutionMs = 1;

answer({
  watchDelays: (details) => {
    resolutionMs = details.resolutionMs;
    delays?.disable();
    delays = monitorEventLoopDelay({ resolution: resolutionMs });
    delays.enable();
    return null;
  },
  delays: () => {
    delays.disable();
    // The histogram holds the time from look to look, of which the resolution is no delay.
    const ms = (ns) => Math.max(0, ns / 1e6 - resolutionMs);
    return { p99Ms: ms(delays.percentile(99)), maxMs: ms(delays.max), looks: delays.count };
  },
  memory: () => {
    globalThis.gc?.();
    const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
    const code = getHeapCodeStatistics();
    const codeBytes = code.code_and_metadata_size + code.bytecode_and_metadata_size;
    return {
      rssBytes: rss,
      liveBytes: heapUsed + external,
      codeBytes,
      bufferBytes: arrayBuffers,
      heapBytes: heapTotal,
    };
  },
  snapshot: ({ path }) => {
    globalThis.gc?.();
    return writeHeapSnapshot(path);
  },
});
process.channel?.unref();
