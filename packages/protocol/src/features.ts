import { maxFeatureNameLength, maxFeatures } from "./limit.js";
import { isWellFormed } from "./name.js";

/** Whether the value is a map of at most 256 feature names to booleans [M-7]. `__proto__` is a name like any other [J-9]. */
export function isFeatures(value: unknown): value is Record<string, boolean> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const names = Object.keys(value);
  if (names.length > maxFeatures) return false;
  for (const name of names) {
    if (typeof (value as Record<string, unknown>)[name] !== "boolean") return false;
    if (!isWellFormed(name, maxFeatureNameLength)) return false;
  }
  return true;
}
