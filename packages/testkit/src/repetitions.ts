import process from "node:process";

/** Whether this is `pnpm long`, which takes its time. */
const isLong = process.env["KISSBOT_LONG_TESTS"] === "1";

/**
 * How often a scenario with chance in it is repeated: so often in the gate, and so often in
 * `pnpm long`.
 */
export function repetitions({ gate, long }: { readonly gate: number; readonly long: number }): number {
  return isLong ? long : gate;
}
