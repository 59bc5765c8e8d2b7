import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

interface View {
  readonly topPx: number;
  readonly heightPx: number;
}

/** Where the window stands over the rows of an element; whole rows, as less changes nothing. */
export function useRowView(rows: RefObject<HTMLElement | null>, rowHeight: number): View {
  const [view, setView] = useState<View>({ topPx: 0, heightPx: window.innerHeight });
  useLayoutEffect(() => {
    let frame = 0;
    const look = () => {
      frame = 0;
      const element = rows.current;
      if (element === null) return;
      const topPx = Math.floor(-element.getBoundingClientRect().top / rowHeight) * rowHeight;
      const heightPx = window.innerHeight;
      setView((known) =>
        known.topPx === topPx && known.heightPx === heightPx ? known : { topPx, heightPx },
      );
    };
    const lookSoon = () => {
      if (frame === 0) frame = requestAnimationFrame(look);
    };
    look();
    window.addEventListener("scroll", lookSoon, { passive: true });
    window.addEventListener("resize", lookSoon);
    // What stands above the rows may grow or shrink.
    const observer = new ResizeObserver(lookSoon);
    observer.observe(document.body);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("scroll", lookSoon);
      window.removeEventListener("resize", lookSoon);
      observer.disconnect();
    };
  }, [rows, rowHeight]);
  return view;
}

/** Whether the window is so wide; follows it. */
export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => window.matchMedia(query).matches);
  useLayoutEffect(() => {
    const list = window.matchMedia(query);
    const follow = () => setMatches(list.matches);
    follow();
    list.addEventListener("change", follow);
    return () => list.removeEventListener("change", follow);
  }, [query]);
  return matches;
}
