import { expect, test } from "vitest";
import { fleetSearchOf, wholeCountsOf } from "../../page/fleet/whole-fleet.js";
import { countsOf } from "../../page/fleet/worst-first.js";
import { summaryFrom } from "../../page/link/summary.js";

test("the counts of all hosts are this one's and those of the others", () => {
  const summary = summaryFrom({
    fleet: { status: "ok" },
    bots: { online: 3, stale: 0, dead: 1, offline: 0 },
    fleet_bots: { online: 10, stale: 1, dead: 1, offline: 2, unknown: 4 },
  });
  expect(summary.others).toEqual({ online: 7, stale: 1, dead: 0, offline: 2, unknown: 4 });
  const own = { ...countsOf([]), online: 2, trouble: 1, dead: 1 };
  expect(wholeCountsOf(own, summary.others)).toEqual({
    dead: 1,
    crash_loop: 0,
    stale: 1,
    conflict: 0,
    trouble: 1,
    offline: 2,
    online: 9,
    unknown: 4,
  });
  expect(summaryFrom({}).others).toBeNull();
  expect(wholeCountsOf(own, null)).toEqual({ ...own, unknown: 0 });
});

test.each([
  ["", "", "", false],
  ["lofi", "", "&search=lofi", false],
  ['"lofi girl"', "dead", "&status=dead&search=lofi%20girl", false],
  ["status:unknown", "", "&status=unknown", false],
  ["a&b=c", "", "&search=a%26b%3Dc", false],
  ["cpu>50 lofi", "", "&search=lofi", true],
  ["-lofi", "", "", true],
  ["lo girls", "", "&search=girls", true],
  ["", "crash_loop", "", true],
])("a search for %j among %j asks the monitor for %j", (query, status, parameters, isPart) => {
  expect(fleetSearchOf(query, status)).toEqual({ parameters, isPart });
});
