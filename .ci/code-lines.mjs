// How many lines of a file are code: those that hold at least a piece of a token, so neither blank
// ones nor comments.
import ts from "typescript";

/**
 * The lines of TypeScript or JavaScript that hold code. A blank line within a template is no code.
 */
export function codeLinesOf(text, path) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  const found = new Set();
  const visit = (node) => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(source);
    if (children.length > 0) {
      children.forEach(visit);
      return;
    }
    const [from, to] = [node.getStart(source), node.getEnd()];
    if (from >= to) return;
    const last = source.getLineAndCharacterOfPosition(to).line;
    for (let line = source.getLineAndCharacterOfPosition(from).line; line <= last; line++) found.add(line);
  };
  visit(source);
  const lines = text.split("\n");
  return [...found].filter((line) => lines[line]?.trim() !== "").length;
}
