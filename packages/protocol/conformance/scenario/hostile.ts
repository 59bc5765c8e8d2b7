import { type EncodeFixture, readCases } from "../fixture.js";
import { connected } from "./passage.js";
import type { Scenario } from "./scenario.js";

/** What a caller of the client names; the rest is the client's own. */
const own = ["type", "channel", "pid"];

/** Each case in which a field of the caller's is at fault. */
function badCalls(): { type: string; fields: Record<string, unknown> }[] {
  return readCases<EncodeFixture>("encode").flatMap(({ message, refused }) => {
    if (refused === undefined || own.includes(refused)) return [];
    if (typeof message !== "object" || message === null || Array.isArray(message)) return [];
    const type = message["type"];
    if (typeof type !== "string") return [];
    return [
      { type, fields: Object.fromEntries(Object.entries(message).filter(([name]) => !own.includes(name))) },
    ];
  });
}

export const hostile: Scenario = {
  name: "hostile",
  title: "The bot's arguments are wrong",
  rules: ["C-11", "P-1"],
  async play(stage) {
    await connected(stage);
    for (const { type, fields } of badCalls()) await stage.call(type as never, fields);
    await stage.call("heartbeat", { rss_mb: 1, cpu_pct: 1 });
    await stage.burst(10, 0);
    await stage.quiet();
    await stage.exit();
  },
};
