import process from "node:process";
import { rules } from "./judge/rules.js";
import { casesOf } from "./run.js";
import { scenarios } from "./scenario/scenarios.js";

/** Prints what there is to run. */
export function listCommand(asJson: boolean): number {
  const cases = (["decode", "encode"] as const).flatMap((kind) =>
    casesOf(kind).map(({ path, fixture: { id, title, level, spec, since } }) => ({
      id,
      group: path.replace(".jsonl", ""),
      title,
      level,
      spec,
      since,
    })),
  );
  const played = scenarios.map(({ name, title, rules: own, isLong }) => ({
    name,
    title,
    rules: own,
    long: isLong === true,
  }));
  const judged = rules.map(({ name, title, level, since }) => ({ name, title, level, since }));
  if (asJson) {
    process.stdout.write(`${JSON.stringify({ rules: judged, scenarios: played, cases }, null, 2)}\n`);
    return 0;
  }
  const texts = [
    "Rules",
    ...judged.map(({ name, level, title }) => `  ${name.padEnd(5)} ${level.padEnd(7)} ${title}`),
    "",
    "Scenarios",
    ...played.map(
      ({ name, title, long, rules: own }) =>
        `  ${name.padEnd(13)} ${title}${long ? " (--long)" : ""}: ${own.join(" ")}`,
    ),
    "",
    "Cases",
    ...cases.map(({ id, level, title }) => `  ${id.padEnd(48)} ${level.padEnd(7)} ${title}`),
    "",
  ];
  process.stdout.write(texts.join("\n"));
  return 0;
}
