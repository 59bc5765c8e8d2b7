import { plainText } from "../quoted-text.js";
import type { Style, Terminal } from "./terminal.js";
import { wrappedText } from "./text-width.js";

/** What a check found, and what to do about it. */
interface ShownFinding {
  readonly check: string;
  readonly level: "ok" | "warn" | "fail";
  readonly found: string;
  readonly advice: string | null;
}

const styles: Record<ShownFinding["level"], Style> = { ok: "green", warn: "yellow", fail: "red" };

/** `fail  password  what was found → what to do`, wrapped below its text. */
export function findingLine({ check, level, found, advice }: ShownFinding, terminal: Terminal): string {
  const word = level.padEnd(4);
  const head = `${word}  ${check.padEnd(15)}  `;
  const text = `${head}${plainText(found)}${advice === null ? "" : ` → ${plainText(advice)}`}`;
  const wrapped = wrappedText(text, terminal.columns, head.length);
  return terminal.style(styles[level], word) + wrapped.slice(word.length);
}
