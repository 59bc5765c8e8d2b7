/** What a key does, for the list of keys and for the page. */
export interface Shortcut {
  readonly keys: string;
  readonly text: string;
}

export const shortcuts: readonly Shortcut[] = [
  { keys: "/", text: "search" },
  { keys: "j k", text: "next and previous bot" },
  { keys: "Enter", text: "open the bot" },
  { keys: "Esc", text: "clear the search, close, go back" },
  { keys: "1 – 5", text: "only dead, crash loop, stale, claimed twice, in trouble" },
  { keys: "0", text: "all bots" },
  { keys: "r", text: "apply the new order" },
  { keys: "g f", text: "the fleet" },
  { keys: "g a", text: "the alerts" },
  { keys: "g u", text: "the calls of models" },
  { keys: "g e", text: "the events" },
  { keys: "g m", text: "the monitor itself" },
  { keys: "t", text: "next theme" },
  { keys: "z", text: "next time zone" },
  { keys: "c", text: "copy the link" },
  { keys: "?", text: "this list" },
];

/** A key that belongs to a field, or has a modifier, is none of ours. */
export function isOurs(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return false;
  const target = event.target;
  return !(target instanceof HTMLElement && target.closest("input, select, textarea, [contenteditable]"));
}
