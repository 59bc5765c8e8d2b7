import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/**
 * Whether the pointer was moved into an element and not out of it again. Where the page itself
 * shifts, as a line appears above, the pointer leaves nothing: only a hand moves it.
 */
export function usePointed(box: RefObject<HTMLElement | null>): boolean {
  const [isPointed, setIsPointed] = useState(false);
  useEffect(() => {
    let [x, y] = [Number.NaN, Number.NaN];
    const move = (event: PointerEvent) => {
      if (event.pointerType !== "mouse" || (event.clientX === x && event.clientY === y)) return;
      [x, y] = [event.clientX, event.clientY];
      setIsPointed(event.target instanceof Node && box.current?.contains(event.target) === true);
    };
    const leave = () => setIsPointed(false);
    const { documentElement } = document;
    documentElement.addEventListener("pointermove", move);
    documentElement.addEventListener("pointerleave", leave);
    return () => {
      documentElement.removeEventListener("pointermove", move);
      documentElement.removeEventListener("pointerleave", leave);
    };
  }, [box]);
  return isPointed;
}

/** While it is held, an element stays where it is on the screen, as far as the page can scroll. */
export function useStill(box: RefObject<HTMLElement | null>, isHeld: boolean): void {
  useEffect(() => {
    const element = box.current;
    if (!isHeld || element === null) return;
    const top = () => element.getBoundingClientRect().top;
    let wantedPx = top();
    const follow = () => {
      wantedPx = top();
    };
    const observer = new ResizeObserver(() => {
      const shiftPx = top() - wantedPx;
      if (Math.abs(shiftPx) >= 1) window.scrollBy({ top: shiftPx, behavior: "instant" });
      follow();
    });
    observer.observe(document.body);
    window.addEventListener("scroll", follow, { passive: true });
    return () => {
      observer.disconnect();
      window.removeEventListener("scroll", follow);
    };
  }, [box, isHeld]);
}
