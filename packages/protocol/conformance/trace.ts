import type { WireEvent } from "./wire.js";

const lastEvents = 20;
const longestText = 110;

/** The last events of a timeline for people; many lines in a row are one. */
export function tracedEvents(wire: readonly WireEvent[]): string[] {
  const texts: string[] = [];
  for (let i = 0; i < wire.length; i++) {
    const one = wire[i] as WireEvent;
    let end = i;
    while (one.event === "line" && isNext(one, wire[end + 1])) end++;
    if (end - i < 3) {
      texts.push(textOf(one));
      continue;
    }
    texts.push(textOf(one), `${" ".repeat(7)}   … ${end - i - 1} more lines`, textOf(wire[end] as WireEvent));
    i = end;
  }
  return texts.slice(-lastEvents);
}

const isNext = (one: WireEvent & { event: "line" }, next: WireEvent | undefined): boolean =>
  next?.event === "line" && next.connection === one.connection;

function textOf({ at_ms, event, ...rest }: WireEvent): string {
  const words = Object.entries(rest)
    .filter(([name]) => name !== "environment" && name !== "unix_ms" && name !== "started_at")
    .map(([name, value]) => (name === "line" || name === "rest" ? String(value) : `${name} ${value}`));
  const text = `${String(at_ms).padStart(7)} ms  ${event} ${words.join(", ")}`.trimEnd();
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}
