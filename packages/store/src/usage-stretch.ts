import { cutPeriod, type Period } from "./period.js";
import { dayMs, dayOf, hourMs, type UsagePlan } from "./usage-totals.js";

/** A part of a period whose rows are read one by one; it is within one day of the question. */
export interface UsageStretch extends Period {
  /** Where its day begins. */
  readonly dayMs: number;
}

/**
 * Whether days begin within an hour, as in India: an hour of the rollups then belongs to two days.
 */
export function beginsWithinHour({ offsetMs }: Pick<UsagePlan, "offsetMs">): boolean {
  return offsetMs % hourMs !== 0;
}

/**
 * What the rollups cannot answer: the parts of an hour at both ends of the period, and each whole
 * hour in which a day begins. In the order of time.
 */
export function stretchesOf(plan: UsagePlan): UsageStretch[] {
  const { head, middle, tail } = cutPeriod(plan, hourMs);
  const parts = [head, ...(beginsWithinHour(plan) ? dayBreaks(middle, plan.offsetMs) : []), tail];
  return parts.flatMap((part) => [...cutAtDays(part, plan.offsetMs)]);
}

/** Of whole hours, if there are any: where there are none, their place is within an hour. */
function* dayBreaks({ fromMs, toMs }: Period, offsetMs: number): Generator<Period> {
  if (fromMs >= toMs) return;
  let hour = Math.floor(dayOf(fromMs, offsetMs) / hourMs) * hourMs;
  if (hour < fromMs) hour += dayMs;
  for (; hour < toMs; hour += dayMs) yield { fromMs: hour, toMs: hour + hourMs };
}

function* cutAtDays({ fromMs, toMs }: Period, offsetMs: number): Generator<UsageStretch> {
  let from = fromMs;
  while (from < toMs) {
    const day = dayOf(from, offsetMs);
    const to = Math.min(toMs, day + dayMs);
    yield { fromMs: from, toMs: to, dayMs: day };
    from = to;
  }
}
