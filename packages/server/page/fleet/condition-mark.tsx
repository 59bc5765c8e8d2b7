import type { Condition } from "./worst-first.js";

/** What a condition is called on the page. */
export const conditionWords: Readonly<Record<Condition, string>> = {
  dead: "dead",
  crash_loop: "crash loop",
  stale: "stale",
  conflict: "claimed twice",
  trouble: "in trouble",
  offline: "offline",
  online: "online",
};

/** A shape for each, so that colour is not needed to tell them apart. */
const shapes: Readonly<Record<Condition, string>> = {
  dead: "M3 3l8 8M11 3l-8 8",
  crash_loop: "M11.5 7a4.5 4.5 0 1 1-1.6-3.4M10.2 1v2.9H7.3",
  stale: "M7 2a5 5 0 1 0 0 10zM7 2a5 5 0 0 1 0 10",
  conflict: "M2 5h9L8.5 2.5M12 9H3l2.5 2.5",
  trouble: "M7 2v6M7 11.2v.6",
  offline: "M7 2.5a4.5 4.5 0 1 0 .01 0",
  online: "M7 3a4 4 0 1 0 .01 0z",
};

const filled: ReadonlySet<Condition> = new Set(["online"]);

export function ConditionMark({ condition }: { readonly condition: Condition }) {
  return (
    <svg class={`mark ${filled.has(condition) ? "filled" : ""}`} viewBox="0 0 14 14" aria-hidden="true">
      {condition === "stale" && <path class="half" d="M7 2a5 5 0 1 0 0 10z" />}
      <path d={shapes[condition]} />
    </svg>
  );
}

/** Mark and word. */
export function ConditionName({ condition }: { readonly condition: Condition }) {
  return (
    <span class={`condition is-${condition}`}>
      <ConditionMark condition={condition} />
      {conditionWords[condition]}
    </span>
  );
}
