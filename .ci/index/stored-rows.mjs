// The tables of the database, and the variables of the environment that are no settings.
import ts from "typescript";
import { collect, literalText } from "./source-tree.mjs";

/**
 * `[{ table, made, record }]`: the file with the SQL that makes it, and the one that declares its
 * record, if one does.
 */
export function tableRows(schema, files) {
  const tables = [...schema.matchAll(/^CREATE TABLE (\w+)/gm)].map(([, table]) => table);
  return tables
    .filter((table) => !table.startsWith("sqlite_"))
    .map((table) => {
      const made = makerOf(table, files);
      if (made === undefined) throw new Error(`no file makes the table ${table}`);
      return { table, made, record: recordOf(table, files) };
    });
}

function makerOf(table, files) {
  const statement = new RegExp(`CREATE TABLE (?:IF NOT EXISTS )?${table}\\b`);
  // A PostgreSQL database has tables of the same names.
  const isOfSqlite = ({ path }) => !path.includes("/postgres/");
  const withStatement = files.find((file) => isOfSqlite(file) && statement.test(file.text));
  // Some are alike, and made by one function that is given their names.
  const byName = files.find(
    ({ text, tree }) =>
      text.includes("CREATE TABLE ${") &&
      collect(tree, (node) => (literalText(node) ?? "").includes(table) || undefined).length > 0,
  );
  return (withStatement ?? byName)?.path;
}

/** Where a field has a column of this table. */
function recordOf(table, files) {
  const file = files.find(
    ({ tree }) =>
      collect(tree, (node) => {
        if (!ts.isPropertyAssignment(node) || node.name.getText() !== table) return undefined;
        const { parent } = node.parent;
        return (ts.isPropertyAssignment(parent) && parent.name.getText() === "columns") || undefined;
      }).length > 0,
  );
  return file?.path ?? null;
}

/**
 * `[{ name, paths }]`: what is read of an environment, given to a program that is started, or
 * `given` here.
 */
export function variableRows(files, settings, given) {
  const known = new Set(settings.flatMap(({ variables }) => variables));
  const rows = new Map(given.map(({ name, paths }) => [name, new Set(paths)]));
  for (const { path, tree } of files) {
    for (const name of collect(tree, variableIn).flat()) {
      // A client reads some of them itself.
      if (known.has(name) && path.startsWith("packages/server/")) continue;
      rows.set(name, (rows.get(name) ?? new Set()).add(path));
    }
  }
  return [...rows].sort().map(([name, paths]) => ({ name, paths: [...paths] }));
}

const isName = (name) => /^[A-Z][A-Z0-9_]+$/.test(name ?? "");
const isEnvironment = (node) => /(?:^|[.#])(?:env|environment)$/i.test(node?.getText() ?? "");

function variableIn(node) {
  if (ts.isElementAccessExpression(node) && isEnvironment(node.expression)) {
    const name = literalText(node.argumentExpression);
    if (ts.isTemplateExpression(node.argumentExpression)) return namesBehind(name, node);
    return isName(name) ? name : undefined;
  }
  if (ts.isPropertyAccessExpression(node) && isEnvironment(node.expression)) {
    return isName(node.name.text) ? node.name.text : undefined;
  }
  // `const { TERM: kind } = process.env`, and the same in a parameter.
  if (ts.isBindingElement(node)) {
    const name = (node.propertyName ?? node.name).getText();
    return isName(name) ? name : undefined;
  }
  // Ours, by name or by the start of a sentence that blames it; and what a started program gets.
  if (ts.isStringLiteralLike(node)) return /^(KISSBOT_MONITOR_[A-Z_]*[A-Z])(?::|$)/.exec(node.text)?.[1];
  const isGiven = ts.isPropertyAssignment(node) && /^KISSBOT_[A-Z_]+$/.test(node.name.getText());
  return isGiven ? node.name.getText() : undefined;
}

/** `read("SOCKET")`, where `read` is the function that puts this head before its argument. */
function namesBehind(head, node) {
  let reader = node.parent;
  while (reader !== undefined && !ts.isVariableDeclaration(reader)) reader = reader.parent;
  return collect(node.getSourceFile(), (one) => {
    if (!ts.isCallExpression(one) || one.expression.getText() !== reader?.name.getText()) return undefined;
    const tail = literalText(one.arguments[0]);
    return isName(tail) ? `${head}${tail}` : undefined;
  });
}
