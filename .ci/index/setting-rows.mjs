// The settings, from their table, and the sections of the config file that hold more than values.
import ts from "typescript";
import { collect, fileNamed, literalText, originOf, propertyOf } from "./source-tree.mjs";

/** `[{ flag, flags, variables, keys, table, path }]`; `path` is the file that checks its value. */
export function settingRows(files) {
  const file = fileNamed(files, "config/setting-table.ts");
  return objectNamed(file, "settingTable").properties.map(({ initializer }) => {
    const [flag, object] = flagAndTerms(initializer);
    const text = (name) => (object === undefined ? undefined : literalText(propertyOf(object, name)));
    const isSecret =
      (object !== undefined && propertyOf(object, "secret") !== undefined) ||
      (ts.isCallExpression(initializer) && initializer.expression.getText() === "tokenSetting");
    const flags = [flag, isSecret ? `${flag}-file` : undefined, text("offFlag")].filter(Boolean);
    const keys = [text("oldKey"), flag.replaceAll("-", "_"), text("nestedKey")].filter(Boolean);
    const variables = flags.map((one) => `KISSBOT_MONITOR_${one.toUpperCase().replaceAll("-", "_")}`);
    return {
      flag,
      flags,
      variables,
      keys: [...new Set(keys)],
      table: file.path,
      path: checker(file, initializer, object),
    };
  });
}

/**
 * `[{ name, keys, path }]`: the sections, with the keys right below them as the schema for editors
 * has them.
 */
export function sectionRows(files, schema) {
  const file = fileNamed(files, "config/setting-subtrees.ts");
  const sections = schema.properties.monitoring.properties;
  return objectNamed(file, "subtrees").properties.map(({ name, initializer }) => {
    const keys = new Set(collectKeys(sections[name.getText()]));
    return { name: name.getText(), keys: [...keys], path: originOf(file, initializer.getText()) };
  });
}

/** Literals and calls: `{ flag: "http", … }` and `durationSetting("stale-timeout", { … })`. */
function flagAndTerms(initializer) {
  if (ts.isObjectLiteralExpression(initializer)) {
    return [literalText(propertyOf(initializer, "flag")), initializer];
  }
  const [first, second] = initializer.arguments ?? [];
  const flag = literalText(first) ?? collect(initializer, (node) => literalText(node))[0];
  return [flag, second !== undefined && ts.isObjectLiteralExpression(second) ? second : undefined];
}

function checker(file, initializer, object) {
  if (ts.isCallExpression(initializer)) return originOf(file, initializer.expression.getText());
  const read = propertyOf(object, "read");
  return read !== undefined && ts.isIdentifier(read) ? originOf(file, read.text) : file.path;
}

function objectNamed({ path, tree }, name) {
  const [found] = collect(tree, (node) =>
    ts.isVariableDeclaration(node) && node.name.getText() === name
      ? collect(node, (inner) => (ts.isObjectLiteralExpression(inner) ? inner : undefined))[0]
      : undefined,
  );
  if (found === undefined) throw new Error(`${path} has no object ${name} any more`);
  return found;
}

/** The keys of a mapping, or of the items of a list of mappings. */
function collectKeys(schema) {
  if (schema?.properties !== undefined) return Object.keys(schema.properties);
  const inner = [...(schema?.anyOf ?? []), ...(schema?.items === undefined ? [] : [schema.items])];
  return inner.flatMap(collectKeys);
}
