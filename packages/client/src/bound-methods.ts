type Bound = (...given: unknown[]) => unknown;
type Bind = (client: object, prototype: Record<PropertyKey, Bound>) => Bound;

/**
 * How the methods are bound that a bot calls often, each in code of its own. The compiler takes the
 * code of the others, which they share, to be for the one that was called so far, so the first call
 * of another one, such as the last one of all, would throw compiled code away: two milliseconds.
 */
const binds = new Map<PropertyKey, Bind>([
  [
    "heartbeat",
    (client, own) =>
      (...given) =>
        (own["heartbeat"] as Bound).apply(client, given),
  ],
  [
    "logLlmUsage",
    (client, own) =>
      (...given) =>
        (own["logLlmUsage"] as Bound).apply(client, given),
  ],
  [
    "logMetric",
    (client, own) =>
      (...given) =>
        (own["logMetric"] as Bound).apply(client, given),
  ],
]);

/**
 * Gives the client a property of its own for each method, so that a method can be handed over as a
 * callback and works through a proxy. It looks the method up at each call: a subclass may override
 * it, and a test may put another in its place.
 */
export function bindMethods(client: object, methods: readonly PropertyKey[]): void {
  const prototype = Object.getPrototypeOf(client);
  for (const name of methods) {
    const bind = binds.get(name);
    // Without a prototype: junk in a polluted Object.prototype would count as a part of it.
    Object.defineProperty(client, name, {
      __proto__: null,
      value: bind?.(client, prototype) ?? ((...given: unknown[]) => prototype[name].apply(client, given)),
      writable: true,
      configurable: true,
    } as PropertyDescriptor);
  }
}
