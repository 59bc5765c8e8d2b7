import { quotedText } from "../quoted-text.js";
import { type RuleSettings, severities } from "./alert-settings.js";
import { type Field, type MappingOf, mapping } from "./mapping.js";
import { nearestName } from "./nearest-name.js";
import { pathOf } from "./setting-tree.js";
import { duration, flag, listOf, made, number, oneOf, pairsOf, type Shape, scalar, textOf } from "./shape.js";

const day = 86_400_000;
/** The largest limit of a metric of the bots' own, in whatever unit. */
const mostOfMetric = 1e15;
/** The largest limit of a rule, in its unit: MB, percent of a core, milliseconds, percent. */
const mostOfRule: Readonly<Record<string, number>> = {
  rss_mb: 100_000_000,
  cpu_pct: 1_000_000,
  latency: day,
  error_rate: 100,
};

export const channelPattern = textOf(
  "^[^\\0\\s]{1,256}$",
  "a channel, in which * stands for any text, such as twitch/*",
);

export const namePattern = textOf(
  "^[^\\0]{1,256}$",
  "a name, in which * stands for any text, such as gpt-4o*",
);

const fields = {
  enabled: { shape: flag, help: "Whether the rule is looked at." },
  for: { shape: duration(0, 30 * day), help: "How long it must be wrong before an alert opens." },
  hold: { shape: duration(0, 30 * day), help: "How long it must be fine before an alert ends." },
  severity: { shape: oneOf(severities), help: "How grave it is." },
  bots: { shape: listOf(channelPattern), help: "Only these bots." },
  models: { shape: listOf(namePattern), help: "Only calls of these models." },
  features: { shape: listOf(namePattern), help: "Only calls of these features." },
  above: { shape: number(0, mostOfMetric), help: "Wrong above this." },
  below: { shape: number(0, mostOfMetric), help: "Wrong below this." },
  clear: {
    shape: number(0, mostOfMetric),
    help: "Fine again on this side of it; else at 90 % of the limit.",
  },
  least: { shape: number(1, 10_000_000, { whole: true }), help: "Wrong with fewer bots online." },
  least_pct: { shape: number(0, 100, { exclusive: true }), help: "Wrong with a smaller share online, in %." },
  metric: {
    shape: textOf("^[^\\0]{1,256}$", "the name of a custom metric"),
    help: "The custom metric.",
    required: true,
  },
} as const satisfies Record<string, Field<unknown>>;

type FieldName = keyof typeof fields;

const limits: readonly FieldName[] = ["above", "below", "clear"];

const ofAll = ["enabled", "for", "hold", "severity"] as const;
/** What it told stays told until the period is over. */
const ofBudgets = ["enabled", "for", "severity"] as const;
const ofBots = [...ofAll, "bots"] as const;
const ofCalls = [...ofBots, "models", "features", "above", "clear"] as const;
const ofLimits = [...ofBots, "above", "clear"] as const;

/** Which keys each rule has. */
const rules: Readonly<Record<string, readonly FieldName[]>> = {
  down: ofBots,
  crash_loop: ofBots,
  trouble: ofBots,
  absent: ofBots,
  conflict: ofBots,
  rss_mb: ofLimits,
  cpu_pct: ofLimits,
  fleet_online: [...ofAll, "least", "least_pct"],
  latency: ofCalls,
  error_rate: ofCalls,
  losses: ofAll,
  monitor: ofAll,
  host_restarted: ofAll,
  host_silent: ofAll,
  channel_on_two_hosts: ofAll,
  receiver_failing: ofAll,
  budget: ofBudgets,
  forecast: ofBudgets,
};
const custom: readonly FieldName[] = [...ofLimits, "below", "metric"];
const customName = "custom:[A-Za-z0-9_.-]{1,64}";

const ruleNames: readonly string[] = Object.keys(rules);

/** A rule's name, for filters. */
export const ruleName: Shape<string> = scalar({
  expected: `a rule: ${ruleNames.join(", ")}, or custom:NAME`,
  schema: { type: "string", pattern: `^(?:${ruleNames.join("|")}|${customName})$` },
  from: (text) => (ruleNames.includes(text) || new RegExp(`^${customName}$`).test(text) ? text : undefined),
  names: ruleNames,
});

type Given = Partial<MappingOf<typeof fields>>;

function ruleShape(name: string, keys: readonly FieldName[]): Shape<RuleSettings> {
  const limit = number(0, mostOfRule[name] ?? mostOfMetric);
  const own = Object.fromEntries(
    keys.map((key) => [key, limits.includes(key) ? { ...fields[key], shape: limit } : fields[key]]),
  );
  const whole = mapping(own as Partial<typeof fields> as typeof fields) as Shape<Given>;
  const shape: Shape<Given> = {
    // `down: off` turns a rule off.
    schema: { anyOf: [{ enum: ["off", false] }, whole.schema] },
    read: (tree, path, reading) => {
      if (tree.kind !== "text" || !/^(?:off|false|no)$/i.test(tree.text))
        return whole.read(tree, path, reading);
      reading.leaf(tree, path, tree.text);
      return { enabled: false };
    },
  };
  return made(shape, (given, fault) => {
    const { above, below, clear, least, least_pct: leastPct, enabled = true } = given;
    // The share of calls that fail has a limit of its own.
    const needsLimit = keys.includes("above") && name !== "error_rate";
    if (name === "error_rate" && above === undefined && (clear ?? 0) > 25)
      return fault(`expected at most 25, the limit where above is not set; got ${clear}`, "clear");
    if (needsLimit && enabled && above === undefined && below === undefined)
      return fault(`expected the key above${keys.includes("below") ? " or below" : ""}`);
    if (above !== undefined && below !== undefined) return fault("expected above or below, not both");
    if (clear !== undefined && above !== undefined && clear > above)
      return fault(`expected at most ${above}, the limit; got ${clear}`, "clear");
    if (clear !== undefined && below !== undefined && clear < below)
      return fault(`expected at least ${below}, the limit; got ${clear}`, "clear");
    if (name === "fleet_online" && enabled && least === undefined && leastPct === undefined)
      return fault("expected the key least or least_pct");
    return {
      enabled,
      forMs: given.for ?? null,
      holdMs: given.hold ?? null,
      above: above ?? null,
      below: below ?? null,
      clear: clear ?? null,
      least: least ?? null,
      leastPct: leastPct ?? null,
      metric: given.metric ?? null,
      models: given.models ?? null,
      features: given.features ?? null,
      bots: given.bots ?? null,
      severity: given.severity ?? null,
    };
  });
}

const shapes = new Map(Object.entries(rules).map(([name, keys]) => [name, ruleShape(name, keys)]));
const customShape = ruleShape("custom", custom);

/** The section `rules:`. */
export const rulesShape: Shape<Readonly<Record<string, RuleSettings>>> = {
  schema: {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries([...shapes].map(([name, { schema }]) => [name, schema])),
    patternProperties: { [`^${customName}$`]: customShape.schema },
  },
  read: (tree, path, reading) => {
    const pairs = pairsOf(tree, path, reading, `a mapping with some of ${ruleNames.join(", ")}`);
    const found: Record<string, RuleSettings> = {};
    for (const { name, value } of pairs ?? []) {
      const shape = shapes.get(name) ?? (new RegExp(`^${customName}$`).test(name) ? customShape : undefined);
      const rule = shape?.read(value, pathOf(path, name), reading);
      if (rule !== undefined) found[name] = rule;
      if (shape !== undefined) continue;
      const near = nearestName(name, ruleNames);
      const advice =
        near === undefined
          ? `expected one of ${ruleNames.join(", ")}, or custom:NAME`
          : `did you mean ${near}?`;
      reading.problems.push(`${value.place} ${path} has no rule ${quotedText(name)}: ${advice}`);
    }
    return found;
  },
};
