export const levels = ["ok", "warn", "fail"] as const;
export type Level = (typeof levels)[number];

/** What one check found: one line, and what to do where something is not as it should be. */
export interface Finding {
  readonly check: string;
  readonly level: Level;
  readonly found: string;
  readonly advice: string | null;
}

export function ok(check: string, found: string): Finding {
  return { check, level: "ok", found, advice: null };
}

export function warn(check: string, found: string, advice: string): Finding {
  return { check, level: "warn", found, advice };
}

export function fail(check: string, found: string, advice: string): Finding {
  return { check, level: "fail", found, advice };
}

/**
 * A system error in words, without the name of the call and the path, which the message has
 * already.
 */
export function systemReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: "it does not exist",
    EACCES: "this user may not",
    EPERM: "this user may not",
    ENOTDIR: "a part of its path is no folder",
    EROFS: "the file system is read only",
  };
  return reasons[code ?? ""] ?? message;
}
