/*
 * Reads what a provider's SDK returned: objects of any kind, with getters that may throw. Of texts
 * only names are read.
 */

/** What this has, a polluted `Object.prototype` gives to every object: junk. */
const plain: Values = {};

type Values = Readonly<Record<string | symbol, unknown>>;

export function isObject(value: unknown): value is object {
  return value !== null && (typeof value === "object" || typeof value === "function");
}

/** The property, or undefined if there is none. May throw. */
export function at(value: unknown, key: string | symbol): unknown {
  if (!isObject(value)) return undefined;
  const found = (value as Values)[key];
  return found === plain[key] ? undefined : found;
}

export function isFunction(value: unknown): value is (...given: unknown[]) => unknown {
  return typeof value === "function";
}

export function nameOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Its result, or undefined if it throws. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
