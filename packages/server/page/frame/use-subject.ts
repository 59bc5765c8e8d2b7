import { useEffect } from "preact/hooks";
import { usePage } from "./page-context.js";

/** Names in the tab's title what the page is of, while it is shown. */
export function useSubject(text: string): void {
  const page = usePage();
  useEffect(() => {
    page.subject.value = text;
    return () => {
      // The next page may have said its own already.
      if (page.subject.value === text) page.subject.value = null;
    };
  }, [page, text]);
}
