import type { UsagePlan } from "../../usage-totals.js";

/**
 * Rows of a table, or of the rollup, that a question is about: the keys of each, then what it adds
 * to each sum, then its latency or its histogram.
 */
export interface UsagePart {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** Channel, model and feature, null where the group has none. */
export function namesOf({ keys }: UsagePlan): string {
  const names = ["channel", "model", "feature"] as const;
  return names.map((name) => (keys.includes(name) ? `u.${name}` : "NULL")).join(", ");
}

/** The conditions for model and feature; each part finds the channel by itself. */
export function filterOf({ model, feature }: UsagePlan): { readonly sql: string; readonly values: string[] } {
  const wanted = Object.entries({ model, feature }).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
  return {
    sql: wanted.map(({ name }) => ` AND u.${name} = ?`).join(""),
    values: wanted.map(({ value }) => value),
  };
}
