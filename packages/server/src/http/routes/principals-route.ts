import { type Principal, principalShedReasons } from "../../principals/principal.js";
import { type Route, routeOf } from "../route.js";
import {
  amountSchema,
  countSchema,
  listSchema,
  objectSchema,
  orNull,
  textSchema,
  timeSchema,
} from "../schema.js";
import { timestampFromMs } from "../timestamp.js";

/** A principal, and where it connects. */
export interface PrincipalState {
  readonly principal: Pick<
    Principal,
    | "name"
    | "policy"
    | "counters"
    | "lastShed"
    | "rowsPerSecond"
    | "bots"
    | "connections"
    | "refusedConnections"
  >;
  /** Null if the configuration does not have its listener any more. */
  readonly listener: {
    readonly socketPath: string;
    /** For people: `owner root and group root (mode 0660)`. */
    readonly whoMayConnect: string;
    readonly problem: { readonly detail: string } | null;
  } | null;
}

/** Who may report, and what they did. */
export interface PrincipalsView {
  /** `local` first; none where no listener is configured. */
  states(): readonly PrincipalState[];
}

const bound = "; null: there is none of its own.";

const shedSchema = objectSchema({
  reason: { type: "string", enum: [...principalShedReasons] },
  messages: countSchema,
  channel: { ...textSchema, description: "That of the last one." },
  at: { ...timeSchema, description: "When the last one came, in UTC." },
});

const schema = objectSchema({
  principals: listSchema(
    objectSchema({
      name: { ...textSchema, description: "`local` is that of the socket that every monitor has." },
      socket: {
        ...orNull(textSchema),
        description: "The path at which it connects; null if its listener was removed.",
      },
      may_connect: { ...orNull(textSchema), description: "Which users may connect there, for people." },
      problem: {
        ...orNull(textSchema),
        description: "Why new connections do not come there; null: they do.",
      },
      channels: { ...listSchema(textSchema), description: "Patterns of what it may report." },
      processes: {
        type: "string",
        enum: ["any", "own"],
        description: "`own`: only processes of its user are looked at.",
      },
      bots: { ...countSchema, description: "Those in the fleet that are its own." },
      max_bots: { ...orNull(countSchema), description: `The most bots${bound}` },
      connections: countSchema,
      max_connections: { ...orNull(countSchema), description: `The most connections${bound}` },
      refused_connections: {
        ...countSchema,
        description: "Those that were closed at once, as there were `max_connections`.",
      },
      rows_per_second: {
        ...amountSchema,
        description: "Usage and metric rows that came in the last seconds, with those that were shed.",
      },
      max_rows_per_second: {
        ...orNull(amountSchema),
        description: `The most, with a burst of ten seconds${bound}`,
      },
      received: { ...countSchema, description: "Messages of every type, with those that were shed." },
      shed: { ...listSchema(shedSchema), description: "Each reason for which something was shed." },
    }),
  ),
});

/** Every principal with its listener, its quotas, and what was shed of it and why. */
export function principalsRoute({ principals }: { readonly principals: PrincipalsView }): Route {
  return routeOf({
    path: "/api/v1/principals",
    id: "listPrincipals",
    summary: "The configured listeners: who reports over each, how much, and what was shed",
    schema,
    answer: () => ({ kind: "json", value: { principals: principals.states().map(stateJson) } }),
  });
}

function stateJson({ principal, listener }: PrincipalState): object {
  const { policy, counters } = principal;
  return {
    name: principal.name,
    socket: listener?.socketPath ?? null,
    may_connect: listener?.whoMayConnect ?? null,
    problem: listener?.problem?.detail ?? null,
    channels: policy.channels,
    processes: policy.ownUid === null ? "any" : "own",
    bots: principal.bots,
    max_bots: policy.maxBots,
    connections: principal.connections,
    max_connections: policy.maxConnections,
    refused_connections: principal.refusedConnections,
    rows_per_second: Math.round(principal.rowsPerSecond * 10) / 10,
    max_rows_per_second: policy.rowsPerSecond,
    received: counters.received,
    shed: principalShedReasons.flatMap((reason) => {
      const last = principal.lastShed(reason);
      if (last === null) return [];
      const { channel, atMs } = last;
      return [{ reason, messages: counters.shed[reason], channel, at: timestampFromMs(atMs) }];
    }),
  };
}
