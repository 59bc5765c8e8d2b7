import { type AccountKind, accountFiles, idOfAccount } from "../account-file.js";
import { quotedText } from "../quoted-text.js";
import { channelPattern } from "./alert-rule-shape.js";
import type { ListenerSettings } from "./listener-settings.js";
import { type Field, type MappingOf, mapping } from "./mapping.js";
import { type Fault, listOf, made, number, oneOf, type Shape, scalar, textOf } from "./shape.js";
import { socketModeFrom } from "./socket-mode.js";
import { longestSocketPath, socketPathFrom } from "./socket-path.js";
import { modeSchema, textSchema } from "./value-schema.js";

/** The principal of `--socket`. */
export const localPrincipal = "local";

const mostListeners = 256;
const mostPatterns = 256;
const mostCount = 10_000_000;

const { platform } = process;

const principalName = scalar({
  expected: `a name of 1 to 64 letters, digits, _ . and -, other than ${localPrincipal}, which is that of socket_path`,
  schema: textSchema("^(?!local$)[A-Za-z0-9_.-]{1,64}$"),
  from: (text) => (/^[A-Za-z0-9_.-]{1,64}$/.test(text) && text !== localPrincipal ? text : undefined),
});

const socketPath = scalar({
  expected: `the absolute path of a socket, not of a folder, at most ${longestSocketPath(platform)} bytes`,
  schema: textSchema("^[/\\\\](?!.*/$)[^\\0]*$"),
  from: (text) =>
    /^[/\\]/.test(text) ? socketPathFrom(text, { platform, workingDirectory: "/", hostName: "" }) : undefined,
});

const mode = scalar({
  expected: "permission bits in octal from 000 to 0777, such as 0660",
  schema: modeSchema,
  from: socketModeFrom,
});

/** The text as it is written, of an account that this machine has. */
function account(kind: AccountKind): Shape<string> {
  const plain = textOf("^[^\\s:,\\0]+$", `the name or number of a ${kind}`);
  return {
    schema: plain.schema,
    read: (tree, path, reading) => {
      const text = plain.read(tree, path, reading);
      if (text === undefined || !reading.isForServing || idOfAccount(kind, text) !== undefined) return text;
      const expected = `expected a ${kind} of ${accountFiles[kind]} or its number`;
      return reading.fault(tree, path, `${expected}; got ${quotedText(text)}`);
    },
  };
}

const processes = oneOf(["any", "own"] as const);

const count = number(1, mostCount, { whole: true });

export const listenerFields = {
  principal: { shape: principalName, help: "Who reports over this socket.", required: true },
  socket: { shape: socketPath, help: "The socket's path.", required: true },
  owner: { shape: account("user"), help: "The user that the socket is given to; only root may do that." },
  group: {
    shape: account("group"),
    help: "The group that the socket is given to, so that its members may connect.",
  },
  mode: { shape: mode, help: "Who may connect, as chmod takes it; 0660, if not given." },
  channels: {
    shape: listOf(channelPattern, mostPatterns),
    help: "The channels that may be reported over it.",
    required: true,
  },
  max_bots: { shape: count, help: "How many bots it may have; no bound of its own, if not given." },
  max_connections: {
    shape: count,
    help: "How many connections it may have at a time; no bound of its own, if not given.",
  },
  rows_per_second: {
    shape: count,
    help: "How many usage and metric rows a second it may send, and at once those of 10 s; no bound of its own, if not given.",
  },
  processes: {
    shape: processes,
    help: "Whose processes are looked at: own for those of uid alone; any, if not given.",
  },
  uid: { shape: account("user"), help: "The user whose processes are looked at, with processes: own." },
} as const satisfies Record<string, Field<unknown>>;

export type GivenListener = MappingOf<typeof listenerFields>;

/** What the keys come to together. */
export function listenerOf(given: GivenListener, fault: Fault): ListenerSettings | undefined {
  const { processes = "any", uid } = given;
  if (processes === "own" && uid === undefined)
    return fault(
      "expected the key uid with own: the user whose processes are looked at; there is none",
      "processes",
    );
  if (processes === "any" && uid !== undefined)
    return fault("expected processes: own with it, as it has no effect else", "uid");
  return {
    principal: given.principal,
    socketPath: given.socket,
    socketMode: given.mode ?? 0o660,
    socketGroup: given.group ?? null,
    socketOwner: given.owner ?? null,
    channels: given.channels,
    maxBots: given.max_bots ?? null,
    maxConnections: given.max_connections ?? null,
    rowsPerSecond: given.rows_per_second ?? null,
    processes,
    uid: uid === undefined ? null : (idOfAccount("user", uid) ?? null),
  };
}

/** The section `listeners:`. What several of them come to is judged where all are known. */
export const listenersShape: Shape<readonly ListenerSettings[]> = listOf(
  made(mapping(listenerFields), listenerOf),
  mostListeners,
);
