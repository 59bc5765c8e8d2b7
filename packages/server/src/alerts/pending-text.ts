import type { PendingChange } from "./episodes.js";
import { type SubjectKind, subjectKinds } from "./notice.js";

/** The name of the fact that keeps pending changes. */
export const pendingFact = "pending";
/** How often it is stored; younger changes are not. */
export const pendingEveryMs = 5_000;
/** A storm has more than this; the others start over after a restart. */
const mostPending = 2_000;

export function pendingText(pending: Iterable<PendingChange>): string {
  const rows: unknown[] = [];
  for (const { rule, subject, kind, forMs } of pending) {
    if (rows.push([rule, subject, kind, Math.trunc(forMs)]) === mostPending) break;
  }
  return JSON.stringify(rows);
}

/** Text of another form counts as empty. */
export function pendingFrom(text: string | undefined): PendingChange[] {
  try {
    const rows: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(rows) ? rows.flatMap(pendingOf) : [];
  } catch {
    return [];
  }
}

function pendingOf(row: unknown): PendingChange[] {
  const [rule, subject, kind, forMs] = Array.isArray(row) ? (row as unknown[]) : [];
  if (typeof rule !== "string" || typeof subject !== "string" || typeof forMs !== "number") return [];
  const isKind = subjectKinds.includes(kind as SubjectKind);
  return isKind && forMs >= 0 ? [{ rule, subject, kind: kind as SubjectKind, forMs }] : [];
}
