/** How much of a rejected line a preview shows: characters of a string, else bytes. */
export const previewLength = 200;

/** The beginning of a rejected line; U+FFFD for bytes that are not UTF-8. */
export function previewOf(line: string | Uint8Array): string {
  // A slice of a string keeps the whole string alive, here a window of 64 kB; so it goes through
  // bytes, which copies it.
  if (typeof line === "string") return textOf(new TextEncoder().encode(line.slice(0, previewLength)));
  return textOf(line.subarray(0, previewLength));
}

/**
 * Not fatal: a line that is rejected need not be UTF-8. Said aloud, as an absent option may be
 * inherited.
 */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes);
}
