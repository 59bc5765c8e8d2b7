import { encodeWhole, isPlainObject, type Message, messageOfRefusal, type Refusal } from "@kissbot/protocol";
import { type Complain, callerOr } from "./complaint.js";
import { stringify } from "./runtime.js";

/**
 * The features of a bot: an object of booleans, declared as a type or as an interface. Undefined
 * values are left out.
 */
export type Features<T> = Readonly<Partial<Record<keyof T, boolean>>>;

/**
 * The features, each read once, without undefined ones. With `complain`, also leaves out and names
 * those that a registration cannot carry. A value that is not a plain object is returned unchanged,
 * for the encoder to refuse.
 */
export function flagsFrom(features: unknown, complain?: Complain): unknown {
  // Without a prototype, `__proto__` is a name like any other.
  const flags: Record<string, unknown> = Object.create(null);
  let names: string[];
  try {
    if (!isPlainObject(features)) return features;
    names = Object.keys(features);
  } catch {
    // A proxy that throws.
    return features;
  }
  for (const key of names) {
    let flag: unknown = null;
    try {
      flag = (features as typeof flags)[key];
    } catch {
      // A getter of the bot's own: no boolean.
    }
    if (flag !== undefined) flags[key] = flag;
  }
  if (complain === undefined || !refusalOf(flags)) return flags;
  const sound: Record<string, unknown> = Object.create(null);
  const left: string[] = [];
  let why: Refusal | undefined;
  for (const key of Object.keys(flags)) {
    sound[key] = flags[key];
    const refusal = refusalOf(sound);
    if (!refusal) continue;
    why ??= refusal;
    delete sound[key];
    // Each takes a while, and a bot must not wait for a list of a million.
    if (left.push(key) > 999) break;
  }
  if (why !== undefined) {
    const reason = `${callerOr("start")}: ${messageOfRefusal(why)}`;
    const sentence = `${reason}; left out: ${stringify(left.slice(0, 5))}`;
    complain("KISSBOT_INVALID_ARGUMENT", reason, {}, sentence);
  }
  return sound;
}

/**
 * Why no registration can carry the features; undefined if one can. Throws if reading the features
 * throws.
 */
export function refusalOf(features: unknown, version?: unknown): Refusal | undefined {
  const unused = undefined;
  const line = encodeWhole({
    type: "register",
    channel: "x",
    pid: 1,
    features,
    version,
    started_at: unused,
    interval_s: unused,
    trouble: unused,
    ts: unused,
  } as Message);
  return typeof line === "string" ? undefined : line;
}
