import { maxFeatures } from "./limit.js";
import { isFeatureName } from "./name.js";

/**
 * Whether the value is a map of at most 256 feature names to booleans [M-7]. `__proto__` is a name
 * like any other [J-9].
 */
export function isFeatures(value: unknown): value is Record<string, boolean> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const names = Object.keys(value);
  if (names.length > maxFeatures) return false;
  for (const name of names) {
    if (typeof (value as Record<string, unknown>)[name] !== "boolean") return false;
    if (!isFeatureName(name)) return false;
  }
  return true;
}

/**
 * Whether the value is an object as `{}` makes one, in this realm or another, or one without a
 * prototype. A Map, a Promise or an instance of a class holds its content elsewhere than in its own
 * keys, and would be written as `{}`.
 */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  // Each realm has an Object.prototype of its own, and no other object without a prototype has this
  // method.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf");
}
