/** A fenced code block of a document. */
export interface MarkdownSnippet {
  /** Path of the document, from the root of the repository. */
  readonly document: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  /** The first word behind the opening fence; empty where there is none. */
  readonly language: string;
  /** What stands between the fences, without the indentation of the opening one. */
  readonly text: string;
  /**
   * The text block that stands right behind this one, with only blank lines between: what it
   * prints.
   */
  readonly output?: MarkdownSnippet;
}

/**
 * Every fenced code block of a document, in order. An open fence at the end of the document is an
 * error: everything below it would be silently taken for code.
 */
export function snippetsOf(document: string, markdown: string): MarkdownSnippet[] {
  const snippets: MarkdownSnippet[] = [];
  const lines = markdown.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const fence = /^( *)(`{3,}|~{3,})\s*([^\s`]*)/.exec(lines[i] as string);
    if (fence === null) continue;
    const [, indentation = "", marker = "", language = ""] = fence;
    const end = lines.findIndex((line, at) => at > i && line.trim() === marker);
    if (end < 0) throw new Error(`${document}:${i + 1}: the fence is never closed`);
    const body = lines
      .slice(i + 1, end)
      .map((line) => line.slice(Math.min(indentation.length, indentOf(line))));
    snippets.push({ document, line: i + 1, language, text: `${body.join("\n")}\n` });
    i = end;
  }
  return snippets.map((snippet) => {
    const end = snippet.line + snippet.text.split("\n").length;
    const next = snippets.find(({ line }) => line > snippet.line);
    const follows =
      next?.language === "text" && lines.slice(end, next.line - 1).every((line) => line.trim() === "");
    return follows ? { ...snippet, output: next } : snippet;
  });
}

/**
 * Whether the block speaks to the monitor's socket: it takes the path from the environment, as
 * every sender does.
 */
export function isSender({ text }: MarkdownSnippet): boolean {
  return text.includes("KISSBOT_MONITOR_SOCKET");
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
