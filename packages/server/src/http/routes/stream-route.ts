import type { Viewer } from "../../live/viewer.js";
import { ApiError } from "../api-error.js";
import { EventStream, type Feed } from "../event-stream.js";
import { GzipEventStream } from "../gzip-event-stream.js";
import type { Route } from "../route.js";

interface Parts {
  readonly feed: Feed;
  /** Those that are open; the server closes them when it stops. */
  readonly streams: Set<Viewer>;
  readonly maxStreams: number;
}

/** Headers for proxies: nginx would buffer the stream, and others would compress it. */
const unbuffered = { "x-accel-buffering": "no", "cache-control": "no-store, no-transform" };

/**
 * The fleet as it changes. The feed decides what is written, and when a viewer that does not read
 * is dropped.
 */
export function streamRoute({ feed, streams, maxStreams }: Parts): Route {
  return {
    path: "/api/v1/stream",
    id: "streamFleet",
    summary:
      "The fleet and then its changes, as server-sent events: `hello`, `snapshot`, then `bots`, `forgotten`, `transition`, `trouble` and `beat`",
    contentType: "text/event-stream; charset=utf-8",
    headers: unbuffered,
    schema: { type: "string" },
    errors: ["busy"],
    answer: () => ({
      kind: "stream",
      assertPlace: () => {
        if (streams.size >= maxStreams) throw new ApiError("busy", `${maxStreams} streams are open already`);
      },
      open: (response, isGzip) => {
        const stream = isGzip ? new GzipEventStream(response) : new EventStream(response);
        streams.add(stream);
        const leave = feed.subscribe(stream);
        response.once("close", () => {
          streams.delete(stream);
          leave();
        });
      },
    }),
  };
}
