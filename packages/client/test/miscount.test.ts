import { afterAll, expect, test } from "vitest";
import { RecordingMonitor } from "../src/testing.js";
import { killChildren, runProgram } from "./child.js";

afterAll(killChildren);

/**
 * Known tricks, and unkind ones: each makes the client count a line that is not as long as it
 * thinks.
 */
const patches = {
  "a JSON.stringify that escapes all but ASCII": `const real = JSON.stringify;
    JSON.stringify = (...all) => real(...all).replace(/[^\\x00-\\x7f]/g, (unit) => "\\\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"));`,
  "a charCodeAt that is blind": `String.prototype.charCodeAt = () => 65;`,
  "a charCodeAt that sees too much": `String.prototype.charCodeAt = function () { return 0x3042; };`,
  "a Buffer.byteLength that returns nothing": `Buffer.byteLength = () => undefined;`,
  "a Buffer.byteLength that returns too much": `Buffer.byteLength = () => 1_000;`,
};

test.each(Object.entries(patches))(
  "with %s for a while, what is said afterwards arrives [client/F14]",
  async (_, patch) => {
    await using recording = await new RecordingMonitor().start();
    const { code, stdout, stderr } = await runProgram(`
      import { MonitorClient } from "@kissbot/client";
      const client = new MonitorClient("bot", process.pid, { socketPath: ${JSON.stringify(recording.socketPath)} });
      const kept = { stringify: JSON.stringify, charCodeAt: String.prototype.charCodeAt, byteLength: Buffer.byteLength };
      await client.register();
      void client.logMetric("before", 1);
      ${patch}
      const during = [client.logMetric("größe", 2), client.logLlmUsage({ model: "モデル", feature: "aé", tokensIn: 1, tokensOut: 1 }), client.heartbeat()];
      JSON.stringify = kept.stringify;
      String.prototype.charCodeAt = kept.charCodeAt;
      Buffer.byteLength = kept.byteLength;
      await Promise.all(during);
      const outcomes = [];
      for (let i = 0; i < 3; i++) outcomes.push(await client.logMetric("after é", i), await client.heartbeat());
      console.log(JSON.stringify([outcomes, client.stats().waiting]));
      process.exit(1);`).exited;
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(stdout)).toEqual([[true, true, true, true, true, true], 0]);
    await recording.waitFor(
      () =>
        recording.ofType("custom_metric").filter((metric) => metric.metric_name === "after é").length === 3,
    );
    expect(recording.rejections).toEqual([]);
  },
);
