import { useEffect, useRef, useState } from "preact/hooks";
import { usePage } from "./page-context.js";

type Answer = Readonly<Record<string, unknown>>;

/**
 * Asked anew with each word of the monitor while the page is seen, but not while an answer is under
 * way: one that takes longer than the time between two words arrives all the same. Null before the
 * first answer.
 */
export function useAnswer(path: string): Answer | null {
  const page = usePage();
  const beatMs = page.summary.value?.nowMs ?? 0;
  const [answer, setAnswer] = useState<Answer | null>(null);
  const ask = useRef(() => {});
  useEffect(() => {
    const leaving = new AbortController();
    let isAsking = false;
    ask.current = () => {
      if (isAsking) return;
      isAsking = true;
      page.api
        .ask(path, leaving.signal)
        // What is shown stays where none comes: the next word asks again.
        .then(setAnswer, () => undefined)
        .finally(() => {
          isAsking = false;
        });
    };
    return () => leaving.abort();
  }, [page, path]);
  useEffect(() => ask.current(), [page, path, beatMs]);
  return answer;
}
