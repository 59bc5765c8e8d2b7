import { plainText, safeJson } from "../quoted-text.js";
import { type ExportKind, type ExportRow, exportColumns } from "./export-rows.js";

export const exportFormats = ["csv", "jsonl"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ShownWhere {
  /** The text goes to a terminal, which would obey control characters in it. */
  readonly isShown: boolean;
}

const lineEnd = "\r\n";

/** The text before the rows: the names of the columns, for CSV. */
export function headText(kind: ExportKind, format: ExportFormat): string {
  return format === "csv" ? exportColumns[kind].join(",") + lineEnd : "";
}

/** Rows in the format, each with its line end. */
export function exportText(
  kind: ExportKind,
  format: ExportFormat,
  rows: readonly ExportRow[],
  { isShown }: ShownWhere,
): string {
  const columns = exportColumns[kind];
  if (format === "jsonl") return rows.map((row) => `${safeJson(JSON.stringify(row))}\n`).join("");
  const cell = (value: string | number | null | undefined) => {
    if (value === null || value === undefined) return "";
    return typeof value === "number" ? `${value}` : csvText(isShown ? plainText(value) : value);
  };
  return rows.map((row) => columns.map((name) => cell(row[name])).join(",") + lineEnd).join("");
}

/**
 * A text as a field of CSV (RFC 4180). One that a spreadsheet would take for a formula gets an
 * apostrophe before it: names come from bots, and a formula can run a program.
 */
export function csvText(text: string): string {
  const guarded = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
