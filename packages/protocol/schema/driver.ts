import { type Static, type TProperties, Type } from "@sinclair/typebox";

/*
 * Driver protocol 1: what `kissbot-conformance` and the driver of a port say to each other, one
 * JSON object per line each way.
 */

const Seq = Type.Integer({ minimum: 1, description: "The number of the command; its answer repeats it." });
const ClientName = Type.String({ minLength: 1, description: "A client that `open` created." });
const Microseconds = Type.Number({ minimum: 0 });
const Count = Type.Integer({ minimum: 0 });
const Base64 = Type.String({ pattern: "^[A-Za-z0-9+/]*={0,2}$" });
const Fields = Type.Record(Type.String(), Type.Unknown(), {
  description: "Fields of the message, tagged as in the fixtures, perhaps wrong on purpose.",
});
const Raised = Type.Optional(
  Type.String({ description: "The error that the call raised, as the driver caught it." }),
);
const Version = Type.String({ pattern: "^[1-9][0-9]*\\.[0-9]+$" });

const command = <Name extends string, Own extends TProperties>(name: Name, own: Own) =>
  Type.Object({ seq: Seq, cmd: Type.Literal(name), ...own }, { additionalProperties: false });

const answer = <Own extends TProperties>(own: Own) =>
  Type.Object({ seq: Seq, ...own }, { additionalProperties: false });

const Percentiles = Type.Object(
  { p50: Microseconds, p99: Microseconds, p999: Microseconds, max: Microseconds },
  { additionalProperties: false, description: "How long the calls took, each timed alone, in µs." },
);

const Chunk = Type.Union([
  Base64,
  Type.Object({ chunk: Base64, times: Type.Integer({ minimum: 1 }) }, { additionalProperties: false }),
]);

const Call = Type.Union(
  ["register", "heartbeat", "unregister", "llm_usage", "custom_metric"].map((name) => Type.Literal(name)),
);

/** What the runner asks. */
export const commands = {
  hello: command("hello", {
    drivers: Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1 }),
    protocol: Version,
    suite: Type.String(),
  }),
  noop: command("noop", {}),
  decode: command("decode", { chunks: Type.Array(Chunk), end: Type.Literal(true) }),
  encode: command("encode", { message: Type.Unknown() }),
  open: command("open", {
    client: ClientName,
    channel: Type.String(),
    socket: Type.Optional(Type.String({ description: "Absent: as for a bot that names none." })),
    interval_s: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  }),
  call: command("call", { client: ClientName, do: Call, fields: Type.Optional(Fields) }),
  burst: command("burst", {
    client: ClientName,
    do: Type.Literal("custom_metric"),
    count: Count,
    from: Count,
    fields: Type.Optional(Fields),
  }),
  control: command("control", { count: Count }),
  stats: command("stats", { client: ClientName }),
  close: command("close", { client: ClientName, timeout_ms: Count }),
  fork: command("fork", { client: ClientName, count: Count, from: Count }),
  threads: command("threads", {
    client: ClientName,
    threads: Type.Integer({ minimum: 1 }),
    count: Count,
    from: Count,
  }),
  exit: Type.Object(
    {
      seq: Seq,
      cmd: Type.Literal("exit"),
      how: Type.Union([Type.Literal("return"), Type.Literal("code"), Type.Literal("crash")]),
      code: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
    },
    { additionalProperties: false, description: "Has no answer: the process ends." },
  ),
};

const Unsupported = answer({ unsupported: Type.Literal(true) });
const Unrepresentable = answer({ unrepresentable: Type.Literal(true) });
const Timed = answer({ took_us: Percentiles, raised: Raised });

const DecodeEvent = Type.Union([
  Type.Object({ message: Fields }, { additionalProperties: false }),
  Type.Object(
    { rejected: Type.String({ minLength: 1 }), field: Type.Optional(Type.String()) },
    { additionalProperties: false },
  ),
]);

const Hello = answer({
  driver: Type.Integer({ minimum: 1 }),
  protocol: Version,
  implementation: Type.Object(
    {
      name: Type.String({ minLength: 1 }),
      language: Type.String({ minLength: 1 }),
      version: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
  pid: Type.Optional(Type.Integer({ minimum: 1, description: "The process in which the clients live." })),
  can: Type.Array(Type.Union([Type.Literal("decode"), Type.Literal("encode"), Type.Literal("conduct")]), {
    uniqueItems: true,
  }),
  bounds: Type.Optional(
    Type.Object(
      { lines: Count, bytes: Count },
      { additionalProperties: false, description: "What may wait [C-3]. `conduct` needs it." },
    ),
  ),
  timer: Type.Optional(Type.Boolean({ description: "The client acts by itself between calls." })),
  batches: Type.Optional(Type.Boolean({ description: "It may write several lines at once." })),
  interval: Type.Optional(Type.Boolean({ description: "It can beat by itself." })),
  fork: Type.Optional(Type.Boolean({ description: "The command `fork` works." })),
  threads: Type.Optional(Type.Boolean({ description: "The command `threads` works." })),
});

/** What a driver may answer to each; the first is the usual one. */
export const answers = {
  hello: [Hello],
  noop: [answer({})],
  decode: [answer({ events: Type.Array(DecodeEvent) }), Unsupported],
  encode: [
    answer({ line: Base64 }),
    answer({ refused: Type.String({ minLength: 1 }) }),
    Unrepresentable,
    Unsupported,
  ],
  open: [answer({ raised: Raised }), Unsupported],
  call: [answer({ took_us: Microseconds, raised: Raised }), Unrepresentable, Unsupported],
  burst: [Timed, Unsupported],
  control: [answer({ took_us: Percentiles }), Unsupported],
  stats: [answer({ lost: Count, held: Count, sent: Type.Optional(Count) }), Unsupported],
  close: [answer({ took_us: Microseconds, raised: Raised }), Unsupported],
  fork: [answer({ pid: Type.Integer({ minimum: 1 }), status: Type.Integer() }), Unsupported],
  threads: [Timed, Unsupported],
};

export type HelloAnswer = Static<typeof Hello>;
export type CommandName = keyof typeof commands;
export type AskedName = keyof typeof answers;
/** The fields of a command beside its number and its name. */
export type CommandFields<Name extends CommandName> = Omit<Static<(typeof commands)[Name]>, "seq" | "cmd">;

/** The JSON Schema 2020-12 document that the package ships. */
export function createDriverSchema(): object {
  const defs: Record<string, object> = {};
  for (const [name, schema] of Object.entries(commands)) defs[name] = schema;
  for (const [name, schemas] of Object.entries(answers)) defs[`${name}_answer`] = { anyOf: schemas };
  return JSON.parse(
    JSON.stringify({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "urn:kissbot:protocol:driver:1",
      title: "KissBot Monitor: driver protocol 1 of kissbot-conformance",
      description:
        "One line, either way. `$defs` holds each command under its name and its answers under `NAME_answer`. Unknown commands are answered `unsupported`.",
      anyOf: Object.keys(defs).map((name) => ({ $ref: `#/$defs/${name}` })),
      $defs: defs,
    }),
  );
}
