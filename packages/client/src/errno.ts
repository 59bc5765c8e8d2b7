/**
 * The code of a system error (`ENOENT`), or the best name there is for anything else that was
 * thrown. Never throws, though anything can be thrown: a getter that throws, a revoked proxy.
 */
export function codeOfError(error: unknown): string {
  return textOf(error, "code") ?? textOf(error, "name") ?? "UNKNOWN";
}

/** What was thrown, in words. Never throws. */
export function messageOfError(error: unknown): string {
  return textOf(error, "message") ?? codeOfError(error);
}

/** The string in a field of a thrown value; undefined if there is none, or it cannot be read. */
export function textOf(error: unknown, field: string): string | undefined {
  try {
    const text = (error as Record<string, unknown>)[field];
    if (typeof text === "string") return text;
  } catch {
    // The thing that was thrown throws when it is looked at, or is nothing.
  }
  return undefined;
}
