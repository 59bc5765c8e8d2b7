import { styleText } from "node:util";
import { plainText, safeJson } from "./quoted-text.js";

export interface LogLineOptions {
  readonly coloured: boolean;
  /** How wide a line may be; null: as long as it is. */
  readonly columns: number | null;
}

type Style = "dim" | "green" | "yellow" | "red";

const levelStyles: Readonly<Record<string, Style>> = {
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: "red",
};
/** For programs: the sentence says the same to a person. */
const forPrograms = new Set(["from", "to", "cause_code"]);
const indent = "  ";

/**
 * A log line in JSON, as a person reads it: local time with its offset from UTC, level, sentence,
 * then the fields as `name=value`. Fields that do not fit into the first line follow in indented
 * ones, and so does the stack of an error. Nothing that a field holds can break, colour or reorder
 * a line. What is no JSON comes back as it is.
 */
export function prettyLogLine(json: string, options: LogLineOptions): string {
  const record = recordFrom(json);
  if (record === null) return json;
  const { time, level, msg, ...fields } = record;
  const style = (name: Style, text: string) =>
    options.coloured ? styleText(name, text, { validateStream: false }) : text;
  const stamp = localTime(new Date(String(time)));
  const word = String(level).toUpperCase().padEnd(5);
  const sentence = plainText(String(msg ?? ""));
  const room = options.columns ?? Number.POSITIVE_INFINITY;
  const [first, ...more] = lines(fieldTexts(fields), room, `${stamp} ${word} ${sentence}`.length);
  const levelStyle = levelStyles[String(level)];
  return [
    [
      style("dim", stamp),
      levelStyle === undefined ? word : style(levelStyle, word),
      sentence,
      ...(first === undefined || first === "" ? [] : [` ${style("dim", first)}`]),
    ].join(" "),
    ...more.map((line) => style("dim", indent + line)),
    ...stackOf(fields["err"]).map((line) => style("dim", indent + line)),
    "",
  ].join("\n");
}

function recordFrom(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** `2026-11-26 02:44:36 +01:00`. */
function localTime(time: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const eastMinutes = -time.getTimezoneOffset();
  const offset = Math.abs(eastMinutes);
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  const sign = eastMinutes < 0 ? "-" : "+";
  return `${date} ${clock} ${sign}${two(Math.floor(offset / 60))}:${two(offset % 60)}`;
}

/** What is unknown is left out. */
function fieldTexts(fields: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(fields)
    .filter(([name, value]) => value !== null && !forPrograms.has(name))
    .map(([name, value]) => `${plainText(name)}=${valueText(name === "err" ? errorText(value) : value)}`);
}

const plainWord = /^[\p{L}\p{N}_.:/@%+-]+$/u;

function valueText(value: unknown): string {
  if (typeof value === "string" && plainWord.test(value)) return value;
  return safeJson(JSON.stringify(value));
}

function errorText(value: unknown): unknown {
  const { type, message } = (value ?? {}) as { type?: unknown; message?: unknown };
  return typeof message === "string" ? `${type}: ${message}` : value;
}

/** Where an error was thrown; its message stands among the fields. */
function stackOf(error: unknown): string[] {
  const { stack } = (error ?? {}) as { stack?: unknown };
  if (typeof stack !== "string") return [];
  const places = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return places.map((line) => plainText(line.trim()));
}

/**
 * The texts in lines; the first one stands behind `taken` columns, and is empty where they leave no
 * room.
 */
function lines(texts: readonly string[], columns: number, taken: number): string[] {
  const found = [""];
  let width = taken + 1;
  for (const text of texts) {
    const isFirst = found.at(-1) === "";
    if (width + 1 + text.length > columns && !(isFirst && found.length > 1)) {
      found.push(text);
      width = indent.length + text.length;
    } else {
      found[found.length - 1] += isFirst ? text : ` ${text}`;
      width += 1 + text.length;
    }
  }
  return found;
}
