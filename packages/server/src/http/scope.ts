import type { HostsPicture } from "../fleet/hosts-picture.js";
import type { HostsView } from "../fleet/hosts-view.js";
import type { ShownHost } from "../fleet/shown-host.js";
import { ApiError } from "./api-error.js";
import { choiceParameter, textParameter } from "./parameter.js";
import { objectSchema, orNull, type Schema, textSchema, timeSchema } from "./schema.js";
import { timestampFromMs } from "./timestamp.js";

/** What HTTP reads of other hosts. */
export type HostsSource = Pick<
  HostsView,
  "own" | "status" | "detail" | "asOfMs" | "look" | "picture" | "ask"
>;

export const scopes = ["fleet", "local"] as const;
export type Scope = (typeof scopes)[number];

/** What a query says of hosts. */
export const scopeParameters = {
  scope: choiceParameter(
    scopes,
    "fleet: of all hosts that share a fleet database, which is the default where one is set; local: of this monitor alone.",
  ),
  host: textParameter("Only of this host: its name or its host_id. Only where a fleet database is set."),
};

export interface AskedScope {
  readonly scope: Scope | undefined;
  readonly host: string | undefined;
}

/**
 * Where an answer is from: all hosts, one of them or this monitor; and how the fleet database is.
 * Null where none is set.
 */
export interface Place {
  readonly scope: Scope;
  readonly status: HostsSource["status"];
  readonly asOfMs: number | null;
}

export function placeOf(hosts: HostsSource, scope: Scope): Place {
  return { scope, status: hosts.status, asOfMs: hosts.asOfMs };
}

/** The members that tell it in an answer, after others; none where no fleet database is set. */
export function placeMembers(place: Place | null): string {
  if (place === null) return "";
  return `,${JSON.stringify(placeRecord(place)).slice(1, -1)}`;
}

export function placeRecord({ scope, status, asOfMs }: Place): object {
  return { scope, fleet: { status, as_of: timestampFromMs(asOfMs) } };
}

export const placeProperties = {
  scope: {
    type: "string",
    enum: scopes,
    description: "Whose answer it is; local also where the fleet database was away. Only where one is set.",
  },
  fleet: objectSchema(
    {
      status: {
        type: "string",
        enum: ["connecting", "ok", "away"],
        description:
          "connecting: nothing recent is known of it yet. away: it does not answer. What is said of other hosts is then as old as as_of says.",
      },
      as_of: {
        ...orNull(timeSchema),
        description: "When the hosts were read last; null where they never were.",
      },
    },
    "How the fleet database is. Only where one is set.",
  ),
};

/** An object with members that are there only where a fleet database is set. */
export function withOptional(schema: Schema, properties: Readonly<Record<string, Schema>>): Schema {
  return { ...schema, properties: { ...(schema["properties"] as object), ...properties } };
}

/** Which host an answer's part is of. */
export const hostProperties = {
  host: { ...textSchema, description: "The host it is on. Only where a fleet database is set." },
  host_id: { ...orNull(textSchema), description: "Its id, which stays when its name changes." },
};

/** What was asked for, where a fleet database is set. */
export interface ChosenHosts {
  readonly scope: Scope;
  /** Null for all hosts. */
  readonly host: ShownHost | null;
  readonly picture: HostsPicture;
}

/** Throws an `ApiError` where it cannot be asked so. */
export async function chooseHosts(
  hosts: HostsSource,
  { scope, host: name }: AskedScope,
  defaultScope: Scope,
): Promise<ChosenHosts> {
  if (name !== undefined && scope === "local") {
    throw new ApiError("invalid_parameter", "host: expected without scope=local, which is this host alone");
  }
  const chosen = name === undefined ? (scope ?? defaultScope) : "fleet";
  if (chosen === "local") return { scope: chosen, host: null, picture: hosts.picture() };
  const picture = await hosts.look();
  return { scope: chosen, host: name === undefined ? null : hostNamed(name, picture), picture };
}

/** Throws where no fleet database is set and one is asked for. */
export function assertLocal({ scope, host }: AskedScope): void {
  if (scope !== "fleet" && host === undefined) return;
  const name = host === undefined ? "scope" : "host";
  throw new ApiError("invalid_parameter", `${name}: there is one host; no fleet database is set (--fleet)`);
}

function hostNamed(name: string, { hosts }: HostsPicture): ShownHost {
  const found = hosts.filter((host) => host.hostId === name || host.name === name);
  const up = found.filter(({ state }) => state !== "replaced");
  const [host, second] = up.length === 0 ? found : up;
  if (host === undefined) {
    throw new ApiError(
      "not_found",
      "there is no host of this name; /api/v1/hosts lists those that there are",
    );
  }
  if (second !== undefined) {
    throw new ApiError(
      "invalid_parameter",
      "host: several hosts have this name; expected the host_id of one",
    );
  }
  return host;
}
