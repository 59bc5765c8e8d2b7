// The declarations of every public entry as they are built, without comments, in an order of their
// own: a type that moves to another file is the same type.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "../pnpm.mjs";

const printer = ts.createPrinter({ removeComments: true, omitTrailingSemicolon: false });

export async function builtTypes() {
  const packages = readdirSync(join(root, "packages"))
    .map((name) => ({ name, folder: join(root, "packages", name) }))
    .map((one) => ({ ...one, manifest: JSON.parse(readFileSync(join(one.folder, "package.json"), "utf8")) }))
    .filter(({ manifest }) => !manifest.private);
  return Object.fromEntries(
    packages.map(({ name, folder, manifest }) => [`types-${name}.txt`, typesOf(folder, manifest)]),
  );
}

/**
 * Entries with the same declarations stand together; what none of them exports stands once, at the
 * end.
 */
function typesOf(folder, manifest) {
  const entries = entriesOf(manifest).map(({ name, path }) => ({ name, path: join(folder, path) }));
  const program = ts.createProgram({
    rootNames: entries.map(({ path }) => path),
    // Other packages' types are names here, whatever they are.
    options: { noLib: true, types: [], skipLibCheck: true, module: ts.ModuleKind.NodeNext },
  });
  const namesOf = new Map();
  const hidden = new Set();
  for (const { name, path } of entries) {
    const { text, needed } = entryText(program, path, join(folder, "dist"));
    namesOf.set(text, [...(namesOf.get(text) ?? []), name]);
    for (const one of needed) hidden.add(one);
  }
  const texts = [...namesOf].map(([text, names]) => `== ${names.join(", ")}\n${text}`);
  return `${texts.join("\n")}\n== not exported\n${[...hidden].sort().join("")}`;
}

/** Each file of types that the exports name: `client/legacy (import)`. */
function entriesOf({ name, exports }) {
  return Object.entries(exports).flatMap(([entry, target]) => {
    const specifier = entry === "." ? name : `${name}/${entry.slice(2)}`;
    if (typeof target === "string") return [];
    if (target.types !== undefined) return [{ name: specifier, path: target.types }];
    return Object.entries(target)
      .filter(([, one]) => one.types !== undefined)
      .map(([condition, one]) => ({ name: `${specifier} (${condition})`, path: one.types }));
  });
}

/** What it exports, by name, and what these need of what it does not export. */
function entryText(program, path, dist) {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(path);
  const real = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
  const isOurs = (declaration) => declaration.getSourceFile().fileName.startsWith(dist);
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(file));
  const waiting = exported.map(real);
  const known = new Set(waiting);
  const inner = [];
  for (const symbol of waiting) {
    for (const declaration of (symbol.declarations ?? []).filter(isOurs)) {
      for (const needed of symbolsIn(declaration, checker, real)) {
        if (known.has(needed) || !(needed.declarations ?? []).some((one) => isOurs(one) && isTop(one)))
          continue;
        known.add(needed);
        inner.push(needed);
        waiting.push(needed);
      }
    }
  }
  const lines = exported.map((symbol) => {
    const target = real(symbol);
    const text = textOf(target, isOurs);
    return target.name === symbol.name ? text : `export { ${target.name} as ${symbol.name} }\n${text}`;
  });
  return { text: lines.sort().join(""), needed: inner.map((symbol) => textOf(symbol, isOurs)) };
}

function isTop(declaration) {
  return statementOf(declaration).parent === declaration.getSourceFile();
}

/** A constant's declaration is the statement in which it stands. */
function statementOf(declaration) {
  return ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
}

function* symbolsIn(node, checker, real) {
  if (ts.isIdentifier(node)) {
    const symbol = checker.getSymbolAtLocation(node);
    if (symbol !== undefined) yield real(symbol);
  }
  const below = [];
  node.forEachChild((child) => {
    below.push(child);
  });
  for (const child of below) yield* symbolsIn(child, checker, real);
}

function textOf(symbol, isOurs) {
  const declarations = (symbol.declarations ?? []).filter(isOurs);
  if (declarations.length === 0) return `${symbol.name}, of another package\n`;
  return declarations
    .map(statementOf)
    .map((node) => printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile()))
    .map((text) => `${text}\n`)
    .sort()
    .join("");
}
