import { useEffect, useState } from "preact/hooks";
import { usePage } from "../frame/page-context.js";
import { askUsage, type UsageAnswer, type UsageQuestion } from "./usage-question.js";

interface Asked {
  /** To the newest question that was answered; null before the first. */
  readonly answer: UsageAnswer | null;
  /** Why there is no answer to the present question; null where there is one, or none yet. */
  readonly failure: string | null;
}

/** Asked anew each minute while the page is seen. */
export function useUsage({ by, period, measure }: UsageQuestion): Asked {
  const page = usePage();
  const minuteMs = page.minuteMs.value;
  const clock = page.zoneClock.value;
  const [asked, setAsked] = useState<Asked>({ answer: null, failure: null });
  useEffect(() => {
    if (minuteMs === 0) return;
    const leaving = new AbortController();
    const place = {
      api: page.api,
      nowMs: page.clock.nowMs(),
      offsetMin: (ms: number) => clock.offsetMin(ms),
      signal: leaving.signal,
    };
    askUsage({ by, period, measure }, place).then(
      (answer) => setAsked({ answer, failure: null }),
      (error: unknown) => {
        // What is shown stays; the next minute asks again.
        if (!leaving.signal.aborted)
          setAsked(({ answer }) => ({ answer, failure: error instanceof Error ? error.message : "" }));
      },
    );
    return () => leaving.abort();
  }, [page, clock, by, period, measure, minuteMs]);
  return asked;
}
