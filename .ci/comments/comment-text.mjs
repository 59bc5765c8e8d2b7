// The comments of a source file that have their lines to themselves: which lines are too long, and
// the same comments with their paragraphs wrapped anew.
import ts from "typescript";

const columns = 100;

/** The numbers of the lines, from 1, that are too long and could be shorter. */
export function overlongLines(text, path) {
  return blocksOf(text, path).flatMap(({ first, lines }) =>
    lines.flatMap((line, i) => (isOverlong(line) ? [first + i + 1] : [])),
  );
}

/** Wraps each paragraph that has a line that is too long. */
export function wrapComments(text, path) {
  const lines = text.split("\n");
  for (const block of blocksOf(text, path).reverse()) {
    if (block.lines.some(isOverlong)) lines.splice(block.first, block.lines.length, ...wrappedBlock(block));
  }
  return lines.join("\n");
}

function isOverlong(line) {
  const content = contentOf(line);
  if ([...line].length <= columns || isTableRow(content) || isDirective(content)) return false;
  return pieces(content.replace(/ ?\*\/$/, "")).length > 1;
}

const isTableRow = (content) => content.trimStart().startsWith("|");
/** What a tool reads stands on its line. */
const isDirective = (content) => /^\s*(?:@ts-|biome-|eslint-|v8 |\/ <|!)/.test(content);
const contentOf = (line) => line.replace(/^\s*(?:\/\*\*? ?|\*(?!\/) ?|\/\/ ?)/, "");

/**
 * `{ first, lines, kind }`: a run of `//` lines, or a comment between its marks, by its first line,
 * from 0.
 */
function blocksOf(text, path) {
  const lines = text.split("\n");
  const starts = [0];
  for (const line of lines) starts.push(starts.at(-1) + line.length + 1);
  const lineAt = (position) => {
    let [low, high] = [0, lines.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const blocks = [];
  for (const { pos, end, kind } of commentsIn(text, path)) {
    const [first, last] = [lineAt(pos), lineAt(end - 1)];
    const isAlone =
      text.slice(starts[first], pos).trim() === "" && text.slice(end, starts[last + 1]).trim() === "";
    if (!isAlone) continue;
    const before = blocks.at(-1);
    const isLine = kind === ts.SyntaxKind.SingleLineCommentTrivia;
    const goesOn =
      isLine &&
      before?.isLine &&
      before.first + before.lines.length === first &&
      indentOf(lines[first]) === before.indent;
    if (goesOn) before.lines.push(lines[first]);
    else blocks.push({ first, lines: lines.slice(first, last + 1), isLine, indent: indentOf(lines[first]) });
  }
  return blocks;
}

const indentOf = (line) => /^\s*/.exec(line)[0];

/** Every comment of a file, in its order. */
function commentsIn(text, path) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const found = new Map();
  const visit = (node) => {
    if (node.kind === ts.SyntaxKind.JsxText) return;
    for (const range of ts.getLeadingCommentRanges(text, node.pos) ?? []) found.set(range.pos, range);
    for (const child of node.getChildren(source)) visit(child);
  };
  visit(source);
  return [...found.values()].sort((one, other) => one.pos - other.pos);
}

function wrappedBlock({ lines, isLine, indent }) {
  if (isLine) return wrappedLines(lines.map(contentOf), `${indent}// `);
  const isDoc = lines[0].trimStart().startsWith("/**");
  const contents = lines.map(contentOf);
  contents[contents.length - 1] = contents.at(-1).replace(/\s*\*\/\s*$/, "");
  if (contents.length > 1 && contents.at(-1).trim() === "") contents.pop();
  if (contents.length > 1 && contents[0].trim() === "") contents.shift();
  return [`${indent}${isDoc ? "/**" : "/*"}`, ...wrappedLines(contents, `${indent} * `), `${indent} */`];
}

/** Paragraphs, items of lists and rows of tables one by one; those that fit stay as they are. */
function wrappedLines(contents, prefix) {
  const result = [];
  let paragraph = [];
  const end = () => {
    const isLong = paragraph.some((content) => [...prefix, ...content].length > columns);
    result.push(...(isLong ? wrapped(paragraph, [...prefix].length) : paragraph));
    paragraph = [];
  };
  for (const content of contents) {
    const isAlone = content.trim() === "" || isTableRow(content) || isDirective(content);
    const isItem = /^\s*(?:[-*]|\d+\.) /.test(content);
    const isIndented = /^\s{2,}/.test(content) && !/^\s*(?:[-*]|\d+\.) /.test(paragraph[0] ?? "");
    const isTag = /^\s*@/.test(content);
    if (isAlone || isItem || isTag || isIndented) end();
    if (isAlone) result.push(content);
    else paragraph.push(content);
  }
  end();
  return result.map((content) => `${prefix}${content}`.trimEnd());
}

function wrapped(paragraph, used) {
  // The mark of an item of a list, or an option that stands before what it does.
  const [mark] = /^\s*(?:(?:[-*]|\d+\.) |(?<=\s{2,})\S.*?\s{2,})?/.exec(paragraph[0]);
  const hang = " ".repeat([...mark].length);
  const words = pieces(paragraph.join(" ").slice(mark.length));
  const lines = [];
  let line = mark + words[0];
  for (const word of words.slice(1)) {
    if (used + [...line].length + 1 + [...word].length > columns) {
      lines.push(line);
      line = hang + word;
    } else {
      line += ` ${word}`;
    }
  }
  return [...lines, line];
}

/**
 * Words; code between backquotes is one, and what could be taken for a mark at the start of a line
 * stays with the word before.
 */
function pieces(text) {
  const words = text.match(/(?:`[^`]{1,60}`|\S)+/g) ?? [];
  return words.reduce((found, word) => {
    const isMark = /^(?:[-*|+#]|\d+\.)$/.test(word) || /^[@#]/.test(word);
    if (isMark && found.length > 0) found[found.length - 1] += ` ${word}`;
    else found.push(word);
    return found;
  }, []);
}
