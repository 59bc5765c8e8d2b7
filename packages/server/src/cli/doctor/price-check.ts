import type { CommandSettings } from "../command-settings.js";
import { priceProblems } from "../price-problems.js";
import { type Finding, fail, ok, warn } from "./finding.js";

const check = "prices";

/** The table of prices, and the names that the settings take from it. */
export async function checkPrices(settings: CommandSettings): Promise<Finding[]> {
  const { version, problems, notices } = await priceProblems(settings);
  return [
    ...problems.map((problem) => fail(check, problem, "start refuses it: correct the setting")),
    ...notices.map((notice) => warn(check, notice, "fetch newer prices, or delete the file")),
    ...(version === null ? [] : [ok(check, `those of ${version}`)]),
  ];
}
