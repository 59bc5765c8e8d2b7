// The sources of the published packages, as the index of the documentation reads them: parsed,
// never run.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { root } from "../pnpm.mjs";

/** Each source file below a folder: its path from the root, its text and its syntax tree. */
export function readSources(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), "utf8");
      return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
    });
}

/** Every node of a tree that `choose` has a value for, as those values. */
export function collect(tree, choose) {
  const found = [];
  const visit = (node) => {
    const value = choose(node);
    if (value !== undefined) found.push(value);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** The text of a literal; of a template the part before its first `${`. */
export function literalText(node) {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.head.text : undefined;
}

const literals = new Map();

/** The literals of a file, with their nodes; found once. */
function literalsOf({ path, tree }) {
  const known = literals.get(path);
  if (known !== undefined) return known;
  const found = collect(tree, (node) => {
    const text = literalText(node);
    return text === undefined ? undefined : { text, node };
  });
  literals.set(path, found);
  return found;
}

/** The paths of the files with a literal for which `is` holds. */
export function filesWithLiteral(files, is) {
  return files
    .filter((file) => literalsOf(file).some(({ text, node }) => is(text, node)))
    .map(({ path }) => path);
}

/** The property of an object literal with this name. */
export function propertyOf(object, name) {
  return object.properties.find((one) => one.name?.getText().replaceAll('"', "") === name)?.initializer;
}

/**
 * The file from which a file imports this name; the file itself where it imports it from nowhere.
 */
export function originOf({ path, tree }, name) {
  for (const statement of tree.statements) {
    if (!ts.isImportDeclaration(statement)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) continue;
    if (bindings.elements.some((element) => element.name.text === name)) {
      const specifier = statement.moduleSpecifier.text;
      if (specifier.startsWith(".")) return join(dirname(path), specifier).replace(/\.js$/, ".ts");
    }
  }
  return path;
}

/** The files that a file imports. */
export function importsOf({ path, tree }) {
  return tree.statements
    .filter((statement) => ts.isImportDeclaration(statement))
    .map(({ moduleSpecifier: { text } }) => join(dirname(path), text).replace(/\.js$/, ".ts"));
}

/** One file of several, by the end of its path. */
export function fileNamed(files, end) {
  const file = files.find(({ path }) => `/${path}`.endsWith(`/${end}`));
  if (file === undefined) throw new Error(`there is no ${end} any more: .ci/index names it`);
  return file;
}
