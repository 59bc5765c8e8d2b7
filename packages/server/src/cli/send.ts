import { type DecodeResult, decodeLine } from "@kissbot/protocol";
import { nearestName } from "../config/nearest-name.js";
import { UsageError } from "../config/usage-error.js";
import { quotedText, safeJson } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { settingsOf } from "./command-settings.js";
import { expectedOf, flagOf, type MessageField, type MessageType, messageKinds } from "./message-field.js";
import { writeToMonitor } from "./monitor-socket.js";
import { placeRecord, placeText } from "./place-note.js";

/** Sends one message, made of options. */
export async function runSendMessage(
  context: CommandContext,
  options: Options,
  type: MessageType,
): Promise<ExitCode> {
  const message: Record<string, unknown> = { type };
  for (const field of messageKinds[type].fields) {
    const value = fieldValue(field, options[keyOf(field)]);
    if (value !== undefined) message[field.name] = value;
  }
  const nameOf = (name: string) => flagOf({ name });
  return await send(JSON.stringify(message), nameOf, context, options);
}

/** Sends one line as it is, after a look at it. */
export async function runSendLine(
  context: CommandContext,
  options: Options,
  args: readonly string[],
): Promise<ExitCode> {
  const [line, ...more] = args;
  const types = Object.keys(messageKinds);
  if (line === undefined || !/^\s*[{[]/.test(line)) {
    const near = line === undefined ? undefined : nearestName(line, types);
    const advice = near === undefined ? "" : `; did you mean ${near}?`;
    const got = line === undefined ? "" : `, got ${quotedText(line)}`;
    throw new UsageError([`send: expected one of ${types.join(", ")}, or a line of JSON${got}${advice}`]);
  }
  if (more.length > 0) {
    throw new UsageError([
      `send: expected one line of JSON, in quotes, got ${quotedText(more[0] ?? "")} behind it`,
    ]);
  }
  return await send(line, (name) => JSON.stringify(name), context, options);
}

/** Commander's name of the option. */
export function keyOf({ name }: Pick<MessageField, "name">): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

async function send(
  line: string,
  nameOf: (field: string) => string,
  context: CommandContext,
  options: Options,
): Promise<ExitCode> {
  const result = decodeLine(Buffer.from(line));
  if (!result.ok) throw new UsageError([faultOf(result, nameOf)]);
  const { terminal } = context;
  const { socketPath, origins } = await settingsOf(context, options, ["socketPath"]);
  if (origins.socketPath.kind !== "flag") terminal.note(placeText("Socket", socketPath, origins.socketPath));
  await writeToMonitor(socketPath, `${line}\n`);
  const from = placeRecord(socketPath, origins.socketPath);
  if (options["json"] === true) {
    terminal.printJson({ socket: socketPath, places: { socket: from }, message: result.message });
  } else terminal.print(`Sent to ${socketPath}: ${safeJson(JSON.stringify(result.message))}`);
  return exitCodes.ok;
}

/** A number that is none stays text, so that the decoder names the field. */
function fieldValue({ kind }: MessageField, value: unknown): unknown {
  if (value === undefined) return undefined;
  if (kind.input === "flags") return flagsFrom(value as readonly string[]);
  const text = String(value);
  if (kind.input === "text") return text;
  const number = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : text;
}

function flagsFrom(texts: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name = text, value = "true"] = /^(.*?)(?:=(.*))?$/su.exec(text) ?? [];
      return [name, value === "true" ? true : value === "false" ? false : value];
    }),
  );
}

const faults: Record<string, string> = {
  line_too_long: "it is longer than 65536 bytes",
  invalid_utf8: "it is not UTF-8",
  invalid_json: "it is not JSON",
  not_an_object: "it is not a JSON object",
  too_deep: "it is nested too deep",
  missing_type: 'it has no "type"',
  unknown_type: `its "type" is none of ${Object.keys(messageKinds).join(", ")}`,
};

function faultOf(result: DecodeResult & { ok: false }, nameOf: (field: string) => string): string {
  const { reason, field } = result;
  if (field === undefined) return `the monitor would reject this line: ${faults[reason] ?? reason}`;
  return `${nameOf(field)}: expected ${expectedOf(field)}`;
}
