import { until as untilYes } from "@kissbot/testkit";

/**
 * Polls until the condition holds; fails with what `describe` says once the deadline has passed.
 */
export async function until(
  condition: () => boolean,
  { timeoutMs = 20_000, describe = () => "" }: { timeoutMs?: number; describe?: () => string } = {},
): Promise<void> {
  await untilYes("the condition holds", condition, { timeoutMs, describe });
}
