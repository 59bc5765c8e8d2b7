import { quotedText } from "../quoted-text.js";
import type { ListenerSettings } from "./listener-settings.js";
import { type GivenListener, listenerFields, listenerOf } from "./listener-shape.js";
import { nearestName } from "./nearest-name.js";
import type { SettingTree } from "./setting-tree.js";
import type { TreeReading } from "./tree-reading.js";

const fields = Object.entries(listenerFields).filter(([key]) => key !== "socket");

/** Completes "expected …". */
export const listenerUrlForm = `unix:PATH?as=NAME&channels=PATTERN, and any of ${fields
  .map(([key]) => parameterOf(key))
  .filter((name) => name !== "as" && name !== "channels")
  .join(", ")}`;

/** The parameter of a field. */
export function parameterOf(key: string): string {
  return key === "principal" ? "as" : key.replaceAll("_", "-");
}

/**
 * Each URL of a text that holds several, with commas between them; undefined where one is none.
 * What its parts are is judged by `readListenerUrl`.
 */
export function listenerUrlsFrom(text: string): readonly string[] | undefined {
  const urls = text.split(/,(?=\s*unix:)/i).map((url) => url.trim());
  return urls.every((url) => /^unix:[^?\s]/i.test(url) && !url.includes("\0")) ? urls : undefined;
}

/** The part of a URL that a message is about. */
export function placeInUrl(url: string, key?: string): string {
  const start = url.replace(/\?.*$/s, "");
  return key === undefined || key === "socket" ? start : `${start}?${parameterOf(key)}`;
}

/**
 * `unix:PATH?as=NAME&channels=PATTERN`, with `%` for what a URL takes for itself. `place` is who
 * gave it: `--listen`. Undefined with a fault of the reading where something is wrong.
 */
export function readListenerUrl(
  url: string,
  place: string,
  reading: TreeReading,
): ListenerSettings | undefined {
  const before = reading.problems.length;
  const problem = (sentence: string, key?: string): undefined => {
    reading.problems.push(`${place} ${placeInUrl(url, key)}: ${sentence}`);
  };
  const given: Record<string, unknown> = {};
  const texts = partsOf(url, problem);
  for (const [key, field] of Object.entries(listenerFields)) {
    const values = texts.get(parameterOf(key)) ?? [];
    const [text] = values;
    if (text === undefined) {
      if ("required" in field) problem(`expected the parameter ${parameterOf(key)}; there is none`);
    } else if (values.length > 1 && key !== "channels") problem("is there twice", key);
    else given[key] = field.shape.read(treeOf(values, place), placeInUrl(url, key), reading);
  }
  if (reading.problems.length > before) return undefined;
  return listenerOf(given as unknown as GivenListener, problem);
}

/** The values of each parameter; the path is that of `socket`. */
function partsOf(
  url: string,
  problem: (sentence: string) => undefined,
): ReadonlyMap<string, readonly string[]> {
  const [path = "", ...rest] = url.replace(/^unix:(?:\/\/(?=\/))?/i, "").split("?");
  const query = rest.join("?");
  const known = fields.map(([key]) => parameterOf(key));
  const texts = new Map<string, string[]>();
  const add = (name: string, written: string) => {
    const text = decoded(written);
    if (text === undefined)
      problem(`expected two hexadecimal digits behind each %; got ${quotedText(written)}`);
    else texts.set(name, [...(texts.get(name) ?? []), text]);
  };
  add("socket", path);
  for (const pair of query === "" ? [] : query.split("&")) {
    const [name = "", ...value] = pair.split("=");
    if (known.includes(name)) add(name, value.join("="));
    else {
      const near = nearestName(name, known);
      const advice = near === undefined ? `expected one of ${known.join(", ")}` : `did you mean ${near}?`;
      problem(`has no parameter ${quotedText(name)}: ${advice}`);
    }
  }
  return texts;
}

function treeOf(values: readonly string[], place: string): SettingTree {
  const items = values.map((text): SettingTree => ({ kind: "text", place, text }));
  const [only] = items;
  return only !== undefined && items.length === 1 ? only : { kind: "list", place, items };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
