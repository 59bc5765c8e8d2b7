const id = { type: "string", pattern: "^[a-z0-9-]+/[a-z0-9-]+$" };

const head = {
  id,
  title: { type: "string", minLength: 1 },
  level: { enum: ["must", "should", "may"] },
  spec: {
    type: "array",
    minItems: 1,
    uniqueItems: true,
    items: { type: "string", pattern: "^[FJMRPVC]-[1-9][0-9]*$" },
  },
  since: { type: "string", pattern: "^1\\.[0-9]+$" },
  suite: { type: "string", pattern: "^[0-9]+\\.[0-9]+\\.[0-9]+$" },
};

const headFields = ["id", "title", "level", "spec", "since"];

const base64 = { type: "string", contentEncoding: "base64", pattern: "^[A-Za-z0-9+/]*={0,2}$" };

const times = { type: "integer", minimum: 0 };

function object(properties: Record<string, object>, required = Object.keys(properties)): object {
  return { type: "object", properties, required, additionalProperties: false };
}

const line = { type: "string", pattern: "^\\{.*\\}$" };

function happening(
  event: string | string[],
  fields: Record<string, object> = {},
  required = Object.keys(fields),
): object {
  const kind = Array.isArray(event) ? { enum: event } : { const: event };
  return object({ at_ms: times, event: kind, ...fields }, ["at_ms", "event", ...required]);
}

/** What the timeline of a conduct case is made of. */
const happenings = [
  happening("start", { max_lines: times, max_bytes: times }, []),
  happening("call", { line, took_ms: times }),
  happening("connect", { connection: times, outcome: { enum: ["open", "refused"] } }),
  happening("sent", { connection: times, line }),
  happening("sent_part", { connection: times, line, bytes: times }),
  happening("sent_rest", { connection: times, line }),
  happening("waited", { connection: times, for: { enum: ["answer", "drain"] }, took_ms: times }),
  happening("held", { lines: { type: "array", items: line } }),
  happening("dropped", { line, why: { enum: ["buffer_full", "connection_lost"] } }),
  happening(["frozen", "thawed"]),
  happening("closed", { connection: times, by: { enum: ["monitor", "client"] } }),
  happening("exit", { on_purpose: { type: "boolean" } }),
];

const amount = { type: "number", minimum: 0 };

/** What the wire timeline of a case is made of. */
const seen = [
  happening(
    "start",
    {
      max_lines: times,
      max_bytes: times,
      interval_s: amount,
      timer: { type: "boolean" },
      unix_ms: amount,
      started_at: amount,
      environment: { type: "object", additionalProperties: { type: "string" } },
      listens: { enum: ["named", "default"] },
    },
    [],
  ),
  happening("call", { line, took_ms: amount }),
  happening(
    "burst",
    {
      channel: { type: "string" },
      from: times,
      count: times,
      took_ms: amount,
      p50_ms: amount,
      p99_ms: amount,
      lasted_ms: amount,
    },
    ["channel", "from", "count", "took_ms"],
  ),
  happening("threads", {
    channel: { type: "string" },
    from: times,
    threads: times,
    count: times,
    took_ms: amount,
  }),
  happening("odd_call", { what: { type: "string" }, took_ms: amount }),
  happening("raised", { what: { type: "string" } }),
  happening(["listening", "away", "full", "frozen", "thawed", "close_asked"]),
  happening("accepted", { connection: times }),
  happening("bytes", { connection: times, bytes: times }),
  happening("line", { connection: times, line: { type: "string" } }),
  happening("rest", { connection: times, rest: { type: "string" } }),
  happening("ended", {
    connection: times,
    by: { enum: ["client", "monitor"] },
    how: { enum: ["closed", "reset", "half"] },
  }),
  happening("talked", { bytes: times }),
  happening("rss", { bytes: times }),
  happening("cpu", { used_ms: amount, over_ms: amount }, ["used_ms"]),
  happening("inheritable", { sockets: times }),
  happening("closed", { took_ms: amount, timeout_ms: times }),
  happening("exit_asked", { how: { enum: ["return", "code", "crash"] }, code: times }, ["how"]),
  happening("forked", { pid: times, from: times, count: times }, ["pid"]),
  happening("alive", { after_ms: times }),
  happening(
    "exit",
    { code: { type: ["integer", "null"] }, signal: { type: "string" }, expected_code: times },
    ["code"],
  ),
];

/** The JSON Schema of one case of each kind: what a port's author can rely on. */
export function createCaseSchema(): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:kissbot:protocol:1:case",
    title: "KissBot Monitor protocol 1: one case of the fixtures",
    description:
      "One line of a file of cases. The manifest tells the kind of each file: decode, encode, conduct or wire.",
    oneOf: ["decode", "encode", "conduct", "wire"].map((kind) => ({ $ref: `#/$defs/${kind}` })),
    $defs: {
      decode: {
        ...object(
          {
            ...head,
            chunks: { type: "array", items: { type: "array", items: { $ref: "#/$defs/part" } } },
            events: { $ref: "#/$defs/events" },
            or: { type: "array", minItems: 1, items: { $ref: "#/$defs/events" } },
            large: { const: true },
            within_ms: times,
          },
          [...headFields, "chunks", "events"],
        ),
        dependentRequired: { large: ["within_ms"], within_ms: ["large"] },
        description: "A stream of bytes, and the messages and rejections that come out of it.",
      },
      encode: {
        ...object(
          {
            ...head,
            message: { $ref: "#/$defs/value" },
            decodes_to: { $ref: "#/$defs/value" },
            refused: { type: "string" },
          },
          [...headFields, "message"],
        ),
        oneOf: [{ required: ["decodes_to"] }, { required: ["refused"] }],
        description:
          "A message, and what its line decodes to, or the field on account of which it is refused.",
      },
      conduct: {
        ...object(
          {
            ...head,
            events: { type: "array", minItems: 1, items: { $ref: "#/$defs/happening" } },
            verdict: { enum: ["good", "bad"] },
          },
          [...headFields, "events", "verdict"],
        ),
        description:
          "A timeline of a client, and whether it keeps the rules that `spec` names or breaks the one.",
      },
      wire: {
        ...object(
          {
            ...head,
            wire: { type: "array", minItems: 1, items: { $ref: "#/$defs/seen" } },
            verdict: { enum: ["good", "bad"] },
          },
          [...headFields, "wire", "verdict"],
        ),
        description:
          "What a monitor sees of a client, and whether it keeps the rule that `spec` names or breaks it.",
      },
      happening: { oneOf: happenings },
      seen: { oneOf: seen },
      part: {
        description: "Bytes in base64; or such bytes, repeated.",
        oneOf: [base64, object({ repeat: base64, times })],
      },
      events: {
        type: "array",
        items: {
          oneOf: [
            object({ message: { $ref: "#/$defs/value" } }),
            object({ rejected: { const: "invalid_field" }, field: { type: "string", minLength: 1 } }),
            object({
              rejected: {
                enum: [
                  "line_too_long",
                  "truncated",
                  "invalid_utf8",
                  "invalid_json",
                  "not_an_object",
                  "too_deep",
                  "missing_type",
                  "unknown_type",
                ],
              },
            }),
          ],
        },
      },
      value: {
        description: "JSON, with tagged objects for values that JSON does not carry everywhere.",
        oneOf: [
          { type: ["null", "boolean", "string"] },
          { type: "integer", exclusiveMinimum: -4294967296, exclusiveMaximum: 4294967296 },
          { type: "array", items: { $ref: "#/$defs/value" } },
          object({
            $number: { type: "string", pattern: "^(-?[0-9]+(\\.[0-9]+)?(e[+-]?[0-9]+)?|NaN|-?Infinity)$" },
          }),
          object({ $string: { type: "array", items: { $ref: "#/$defs/textPart" } } }),
          object({
            $entries: {
              type: "array",
              items: {
                type: "array",
                prefixItems: [{ $ref: "#/$defs/name" }, { $ref: "#/$defs/value" }],
                items: false,
                minItems: 2,
              },
            },
          }),
          {
            type: "object",
            propertyNames: { not: { pattern: "^\\$" } },
            additionalProperties: { $ref: "#/$defs/value" },
          },
        ],
      },
      name: {
        oneOf: [
          { type: "string" },
          object({ $string: { type: "array", items: { $ref: "#/$defs/textPart" } } }),
        ],
      },
      textPart: {
        oneOf: [
          { type: "string" },
          object({ repeat: { type: "string" }, times }),
          object({ utf16: { type: "array", items: { type: "integer", minimum: 0, maximum: 65535 } } }),
        ],
      },
    },
  };
}
