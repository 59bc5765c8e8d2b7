import { quotedText } from "../quoted-text.js";
import { channelPattern, ruleName } from "./alert-rule-shape.js";
import { type ReceiverSettings, type ReceiverTarget, type Severity, severities } from "./alert-settings.js";
import { type MappingOf, mapping } from "./mapping.js";
import { targets } from "./receiver-target-shape.js";
import { duration, listOf, made, oneOf, recordOf, type Shape, textOf } from "./shape.js";

const day = 86_400_000;

export const receiverName = {
  pattern: "^[a-z0-9][a-z0-9_-]{0,63}$",
  expected: "a name of small letters, digits, - and _",
};

const labels = recordOf(textOf("^[^\\0]{1,256}$", "a text of 1 to 256 characters"), {
  pattern: "^[A-Za-z_][A-Za-z0-9_.-]{0,63}$",
  expected: "a label of letters, digits, _, . and -",
});

type Kind = keyof typeof targets;
const kinds = Object.keys(targets) as Kind[];

const mentions: Readonly<Record<Kind, { readonly form: RegExp; readonly expected: string } | null>> = {
  discord: {
    form: /^(?:<@[!&]?\d{1,20}>|@everyone|@here)$/,
    expected: "<@ID> for a user, <@&ID> for a role, @everyone or @here",
  },
  slack: {
    form: /^<(?:@[A-Z0-9]{1,32}|!subteam\^[A-Z0-9]{1,32}|!here|!channel|!everyone)>$/,
    expected: "<@ID> for a member, <!subteam^ID> for a group, <!here> or <!channel>",
  },
  webhook: null,
  exec: null,
  telegram: { form: /^@[A-Za-z0-9_]{4,32}$/, expected: "@ and a user's name" },
  ntfy: null,
  smtp: null,
  pagerduty: null,
};

const mentionText = textOf("^[^\\0\\s]{1,128}$", "a mention");
const mentionField = Object.fromEntries(
  severities.map((severity) => [
    severity,
    { shape: listOf(mentionText, 20), help: `Who is mentioned where it is ${severity}.` },
  ]),
) as Record<Severity, { shape: Shape<readonly string[]>; help: string }>;

const targetFields = Object.fromEntries(
  kinds.map((kind) => [kind, { shape: targets[kind], help: `A receiver of the kind ${kind}.` }]),
) as unknown as { readonly [Each in Kind]: { readonly shape: Shape<ReceiverTarget>; readonly help: string } };

const fields = {
  ...targetFields,
  only: { shape: listOf(oneOf(severities)), help: "Only alerts of these severities." },
  rules: { shape: listOf(ruleName), help: "Only alerts of these rules." },
  bots: { shape: listOf(channelPattern), help: "Only alerts of these bots." },
  labels: { shape: labels, help: "Only alerts of bots with these labels." },
  after: { shape: duration(0, 30 * day), help: "Only what is still open and not acknowledged after this." },
  repeat: { shape: duration(60_000, 30 * day), help: "Reminds of what is open each time this is over." },
  fallback: {
    shape: textOf(receiverName.pattern, "the name of another receiver"),
    help: "The receiver that is told when this one is broken.",
  },
  mention: { shape: mapping(mentionField), help: "Who is mentioned, by severity." },
} as const;

/** A receiver without its name, which is its key. */
export const receiverShape: Shape<Omit<ReceiverSettings, "name">> = made(
  withSchema(mapping(fields)),
  (given, fault) => {
    const chosen = kinds.filter((kind) => given[kind] !== undefined);
    const [kind] = chosen;
    if (kind === undefined) return fault(`expected one of ${kinds.join(", ")}; there is none`);
    if (chosen.length > 1) return fault(`expected one of ${kinds.join(", ")}; got ${chosen.join(" and ")}`);
    const strange = strangeMention(kind, given.mention);
    if (strange !== undefined) return fault(strange, "mention");
    return {
      target: given[kind] as ReceiverTarget,
      only: given.only ?? null,
      rules: given.rules ?? null,
      bots: given.bots ?? null,
      labels: given.labels === undefined ? null : Object.fromEntries(given.labels),
      afterMs: given.after ?? null,
      repeatMs: given.repeat ?? null,
      fallback: given.fallback ?? null,
      mention: given.mention === undefined ? {} : withoutAbsent(given.mention),
    };
  },
);

/** Exactly one key says of which kind it is. */
function withSchema<Value>(shape: Shape<Value>): Shape<Value> {
  return { ...shape, schema: { ...shape.schema, oneOf: kinds.map((kind) => ({ required: [kind] })) } };
}

function strangeMention(kind: Kind, mention: MappingOf<typeof mentionField> | undefined): string | undefined {
  const texts = Object.values(mention ?? {}).flatMap((list) => list ?? []);
  const terms = mentions[kind];
  if (texts.length === 0) return undefined;
  if (terms === null) return `a receiver of the kind ${kind} mentions nobody`;
  const strange = texts.find((text) => !terms.form.test(text));
  return strange === undefined ? undefined : `expected ${terms.expected}; got ${quotedText(strange)}`;
}

function withoutAbsent(
  mention: MappingOf<typeof mentionField>,
): Partial<Record<Severity, readonly string[]>> {
  const found: Partial<Record<Severity, readonly string[]>> = {};
  for (const severity of severities) {
    const list = mention[severity];
    if (list !== undefined) found[severity] = list;
  }
  return found;
}
