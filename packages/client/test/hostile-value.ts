import fc from "fast-check";

const refuse = (): never => {
  throw new Error("hostile");
};

/**
 * Values whose parts throw. Each is made by a call: what prints a counterexample would trip over
 * it.
 */
const makers: readonly (() => unknown)[] = [
  () => new Proxy({}, { get: refuse }),
  () => new Proxy({}, { has: refuse, getPrototypeOf: refuse }),
  () => new Proxy({}, { ownKeys: refuse, defineProperty: refuse }),
  () => new Proxy(() => {}, { apply: refuse, get: refuse }),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  () =>
    Object.freeze({
      get usage() {
        return refuse();
      },
    }),
  () => Object.freeze({ model: "m", usage: Object.freeze({ prompt_tokens: 1, completion_tokens: 2 }) }),
  () => Object.create(null),
  // biome-ignore lint/suspicious/noThenProperty: what it is about
  () => ({ then: 7, next: "no", _emit: [], parse: refuse, asResponse: refuse }),
  () => Symbol("hostile"),
  () => 2n,
];

type Plan = number | { readonly [key: string]: Plan } | readonly Plan[] | { readonly plain: unknown };

const keys =
  "usage model response message data steps choices usageMetadata providerMetadata prompt_tokens input_tokens total_tokens cost headers error cause status name 0".split(
    " ",
  );

/** Of anything, mixed with what the SDKs' answers and errors are made of. `made` makes it. */
export const hostilePlan: fc.Arbitrary<Plan> = fc.letrec<{ plan: Plan }>((tie) => ({
  plan: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.nat(makers.length - 1),
    fc.record({ plain: fc.anything() }),
    fc.dictionary(fc.constantFrom(...keys), tie("plan")),
    fc.array(tie("plan"), { maxLength: 4 }),
  ),
})).plan;

export function made(plan: Plan): unknown {
  if (typeof plan === "number") return makers[plan]?.();
  if (Array.isArray(plan)) return plan.map(made);
  if ("plain" in plan) return plan.plain;
  return Object.fromEntries(Object.entries(plan).map(([key, part]) => [key, made(part as Plan)]));
}
