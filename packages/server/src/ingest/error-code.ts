/**
 * The code of a system error (`ENOENT`), or the best name there is for anything else that was
 * thrown.
 */
export function codeOfError(error: unknown): string {
  if (!(error instanceof Error)) return "UNKNOWN";
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" ? code : error.name;
}
