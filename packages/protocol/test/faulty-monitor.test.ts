import { connect } from "node:net";
import { join } from "node:path";
import { TemporaryFolder, until } from "@kissbot/testkit";
import { expect, test } from "vitest";
import { FaultyMonitor } from "../conformance/faulty-monitor.js";
import { modes } from "../conformance/mode.js";
import { Timeline } from "../conformance/timeline.js";

test.each([1, 20, 4_099, 65_537])(
  "a monitor that cuts after %d bytes has taken exactly these [conformance/R13]",
  async (bytes) => {
    using place = new TemporaryFolder("faulty");
    const timeline = new Timeline();
    const running = await modes["cuts"]?.start(join(place.path, "m.sock"), timeline, bytes);
    const socket = connect(join(place.path, "m.sock"));
    socket.on("error", () => undefined);
    socket.write("abcdefgh\n".repeat(20_000));
    await until("it has cut", () => timeline.events.some(({ event }) => event === "ended"));
    const taken = timeline.events.reduce((sum, one) => {
      if (one.event === "line") return sum + one.line.length + 1;
      return one.event === "rest" ? sum + one.rest.length : sum;
    }, 0);
    expect(taken).toBe(bytes);
    socket.destroy();
    await running?.end();
  },
);

test("a frozen monitor takes nothing, and all of it once it is thawed [conformance/R13]", async () => {
  using place = new TemporaryFolder("faulty");
  const timeline = new Timeline();
  const monitor = await new FaultyMonitor(join(place.path, "m.sock"), timeline).listen();
  monitor.freeze();
  const socket = connect(monitor.path);
  socket.on("error", () => undefined);
  socket.write("one\ntwo\nthr");
  await until("it has accepted", () => monitor.connections.length === 1);
  const [connection] = monitor.connections;
  if (connection === undefined) throw new Error("no connection");
  expect(connection.takenBytes).toBe(0);
  await until("three bytes have come", () => monitor.take(connection, 3) === 3);
  expect(connection.takenBytes).toBe(3);
  monitor.thaw();
  await until("all is taken", () => connection.takenBytes === 11);
  expect(timeline.lines()).toEqual(["one", "two"]);
  socket.destroy();
  await monitor.stop();
});
