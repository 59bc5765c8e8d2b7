/** The code of a system error (`ENOENT`), or the best name there is for anything else that was thrown. Never throws. */
export function codeOfError(error: unknown): string {
  if (typeof error === "object" && error !== null) {
    const { code, name } = error as { code?: unknown; name?: unknown };
    if (typeof code === "string") return code;
    if (typeof name === "string") return name;
  }
  return "UNKNOWN";
}

/** What was thrown, in words. Never throws, though anything can be thrown: a getter that throws, a revoked proxy. */
export function messageOfError(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : codeOfError(error);
  } catch {
    // The thing that was thrown throws when it is looked at.
    return "UNKNOWN";
  }
}
