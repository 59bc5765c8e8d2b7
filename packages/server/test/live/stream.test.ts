import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { RecordingLogger, until } from "@kissbot/testkit";
import { describe, expect, test } from "vitest";
import { FleetJson } from "../../src/http/fleet-json.js";
import { LiveFeed } from "../../src/live/live-feed.js";
import { EventLoopTurns } from "../../src/turns.js";
import { noonMs, PlainFleet } from "../http/plain-fleet.js";
import { Served } from "../http/served.js";
import { eventsOf } from "./recording-viewer.js";

/** A server with a real feed, as the daemon puts them together. */
class Streamed implements AsyncDisposable {
  readonly fleet = new PlainFleet();
  readonly feed: LiveFeed;
  readonly log = new RecordingLogger();
  #served: Served | null = null;

  constructor() {
    const clock = { wallMs: () => noonMs, monotonicMs: () => performance.now() };
    this.feed = new LiveFeed({
      fleet: this.fleet,
      clock,
      logger: this.log,
      json: new FleetJson({ wallMs: () => noonMs + 60_000 }),
      turns: new EventLoopTurns(),
      intervalMs: 20,
    });
  }

  async start(maxStreams = 100): Promise<Served> {
    await this.feed.start();
    this.#served = await Served.start({ fleet: this.fleet, feed: this.feed, maxStreams });
    return this.#served;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feed.stop();
    await this.#served?.server.stop();
  }
}

/** Follows a stream and keeps its text. */
async function follow(
  url: string,
): Promise<{ response: IncomingMessage; text: () => string; forget: () => void }> {
  const request = get(`${url}/api/v1/stream`, { agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  response.on("error", () => undefined);
  const forget = () => {
    text = "";
  };
  return { response, text: () => text, forget };
}

describe("/api/v1/stream", () => {
  test("is neither gathered nor changed by a proxy on the way, and only it says so [server/F18]", async () => {
    await using streamed = new Streamed();
    const served = await streamed.start(1);
    const { response } = await follow(served.url);
    const said = { "x-accel-buffering": "no", "cache-control": "no-store, no-transform" };
    expect(response.headers).toMatchObject(said);
    const refused = await served.ask("/api/v1/stream");
    expect(refused.status).toBe(503);
    for (const { headers } of [refused, await served.ask("/api/v1/bots")]) {
      expect(headers).toMatchObject({ "cache-control": "no-store" });
      expect(headers).not.toHaveProperty("x-accel-buffering");
    }
    response.destroy();
    await until("the place is free", async () => {
      const head = await served.ask("/api/v1/stream", { method: "HEAD" });
      return head.status === 200 && head.headers["x-accel-buffering"] === "no";
    });
  });

  test("sends the fleet and then what changes, in the shape of the other routes", async () => {
    await using streamed = new Streamed();
    const { url } = await streamed.start();
    streamed.fleet.add("a/ü\n🦀");
    const { response, text } = await follow(url);
    expect(response.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "x-content-type-options": "nosniff",
    });
    await until("the snapshot", () => text().endsWith("\n\n"));
    streamed.feed.botChanged(streamed.fleet.change("a/ü\n🦀", { status: "stale" }));
    streamed.feed.statusChanged({
      tsMs: noonMs,
      channel: "a/ü\n🦀",
      pid: 4242,
      from: "online",
      to: "stale",
      cause: "no heartbeat\r\n\r\nfor 60 s",
      causeCode: "silent",
      previousPid: null,
      livedMs: null,
    });
    await until("the change", () => text().includes("event: transition"));
    const list = await fetch(`${url}/api/v1/bots`);
    const { bots } = (await list.json()) as { bots: object[] };
    const [snapshot, changed, transition] = eventsOf(text());
    expect(snapshot).toMatchObject({ name: "snapshot", data: [{ channel: "a/ü\n🦀", status: "online" }] });
    expect(changed).toMatchObject({ name: "bots", data: bots });
    expect(transition).toEqual({
      id: 3,
      name: "transition",
      data: {
        ts: "2026-05-20T12:00:00.000000+00:00",
        channel: "a/ü\n🦀",
        pid: 4242,
        from_status: "online",
        to_status: "stale",
        cause: "no heartbeat\r\n\r\nfor 60 s",
        cause_code: "silent",
        previous_pid: null,
        lived_ms: null,
        trouble: null,
      },
    });
    streamed.feed.troubleChanged({
      tsMs: noonMs,
      channel: "a/ü\n🦀",
      pid: 4242,
      from: "online",
      to: "online",
      cause: "in trouble",
      causeCode: "in_trouble",
      previousPid: null,
      livedMs: null,
      trouble: "deaf",
    });
    await until("the trouble [trial/B4]", () => text().includes("event: trouble") && text().endsWith("\n\n"));
    expect(eventsOf(text()).at(-1)).toMatchObject({
      name: "trouble",
      data: { from_status: "online", to_status: "online", cause_code: "in_trouble", trouble: "deaf" },
    });
  });

  test("drops one who stops reading, while the others go on and memory stays bounded", async () => {
    await using streamed = new Streamed();
    const { url, server } = await streamed.start();
    for (let i = 0; i < 2_000; i++) streamed.fleet.add(`bot-${i}`);
    const good = await follow(url);
    const stopped = connect(server.address.port, "127.0.0.1");
    stopped.write("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(stopped, "data");
    stopped.pause();
    await until("both view", () => streamed.feed.viewers === 2);
    const startBytes = process.memoryUsage().external;
    let round = 0;
    let most = 0;
    while (streamed.feed.dropped === 0) {
      round++;
      for (let i = 0; i < 2_000; i++)
        streamed.feed.botChanged(streamed.fleet.change(`bot-${i}`, { restarts: round }));
      await until("the good one is told", () => good.text().includes(`"restarts":${round},`));
      good.forget();
      most = Math.max(most, process.memoryUsage().external - startBytes);
      expect(round).toBeLessThan(100);
    }
    // A megabyte a round; some of it is in the kernel's buffers, and the bound is four.
    expect(most).toBeLessThan(40e6);
    expect(streamed.feed.viewers).toBe(1);
    streamed.feed.botChanged(streamed.fleet.change("bot-0", { restarts: -1 }));
    await until("the good one goes on", () => good.text().includes('"restarts":-1,'));
    const closed = once(stopped, "close");
    stopped.on("error", () => undefined).resume();
    await closed;
    good.response.destroy();
    await until("nobody views", () => streamed.feed.viewers === 0);
  });

  test("is open to so many viewers, and a place becomes free when one leaves", async () => {
    await using streamed = new Streamed();
    const served = await streamed.start(2);
    const first = await follow(served.url);
    await follow(served.url);
    const refused = await served.ask("/api/v1/stream");
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ error: { code: "busy" } });
    first.response.destroy();
    await until("a place is free", async () => streamed.feed.viewers === 1);
    const third = await follow(served.url);
    expect(third.response.statusCode).toBe(200);
    await until("its snapshot", () => third.text().startsWith("id: "));
  });
});
