import { useEffect, useState } from "preact/hooks";
import { usePage } from "../frame/page-context.js";

type Answer = Readonly<Record<string, unknown>>;

/** Asked anew with each word of the monitor while the page is seen; null before the first answer. */
export function useAnswer(path: string): Answer | null {
  const page = usePage();
  const beatMs = page.summary.value?.nowMs ?? 0;
  const [answer, setAnswer] = useState<Answer | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    // What is shown stays where none comes: the next word asks again.
    page.api.ask(path, leaving.signal).then(setAnswer, () => undefined);
    return () => leaving.abort();
  }, [page, path, beatMs]);
  return answer;
}
