// Metrics, problems and routes: what there is comes from the written surface, where it stands from
// the sources.
import ts from "typescript";
import { collect, fileNamed, filesWithLiteral, literalText, propertyOf } from "./source-tree.mjs";

/** `[{ name, kind, path }]`: ours one by one, those of the process in one row for each prefix. */
export function metricRows(snapshot, files) {
  const kinds = new Map(
    snapshot
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(" ").slice(0, 2)),
  );
  // Some have no sample in a small fleet, or without listeners: they are only declared.
  const declared = files.flatMap(({ tree }) =>
    collect(tree, (node) => {
      if (!ts.isPropertyAssignment(node) || node.name.getText() !== "name") return undefined;
      const name = literalText(node.initializer);
      if (!name?.startsWith("kissbot_")) return undefined;
      if (!kinds.has(name)) kinds.set(name, declaredKind(node));
      return name;
    }),
  );
  const names = [...kinds.keys(), ...declared].filter((name) => name.startsWith("kissbot_"));
  const own = [...new Set(names)].sort().map((name) => {
    // A name that is put together stands behind the start of it.
    const isStart = (text) => text.startsWith("kissbot_") && name.startsWith(text);
    const [path] = [...filesWithLiteral(files, (text) => text === name), ...filesWithLiteral(files, isStart)];
    if (path === undefined) throw new Error(`no file declares the metric ${name}`);
    return { name, kind: kinds.get(name) ?? "", path };
  });
  const { path } = fileNamed(files, "metrics/process-metrics.ts");
  const others = [...new Set([...kinds.keys()].map((name) => name.split("_")[0]))].filter(
    (prefix) => prefix !== "kissbot",
  );
  return [...own, ...others.map((prefix) => ({ name: `${prefix}_…`, kind: "of the process", path }))];
}

/** By the call that a property of its options stands in: `registerGauge(registry, { name: … })`. */
function declaredKind({ parent: { parent: call } }) {
  const [, kind = ""] = /(counter|gauge|histogram)$/i.exec(call.expression?.getText() ?? "") ?? [];
  return kind.toLowerCase();
}

/** `[{ code, path }]`: every problem that has an advice, with the file that finds it. */
export function problemRows(files, storeFiles) {
  const advice = fileNamed(files, "doctor/problem-advice.ts");
  const codes = collect(advice.tree, (node) =>
    ts.isVariableDeclaration(node) && node.name.getText() === "advice"
      ? node.initializer.properties.map(({ name }) => name.getText())
      : undefined,
  ).flat();
  const sources = files.filter(({ path }) => !path.includes("/cli/"));
  return codes.map((code) => ({ code, path: finderOf(code, sources, storeFiles) }));
}

/** A literal; else a template such as `store_${status}`, whose word is one of the store's. */
function finderOf(code, files, storeFiles) {
  const isCode = (node) => ts.isPropertyAssignment(node.parent) || ts.isCallExpression(node.parent);
  const exact = filesWithLiteral(files, (text, node) => text === code && isCode(node));
  if (exact.length > 0) return exact[0];
  const [, word = ""] = /^store_(.+)$/.exec(code) ?? [];
  const isStatus =
    filesWithLiteral([fileNamed(storeFiles, "src/state.ts")], (text) => text === word).length > 0;
  const expression = isStatus ? "status" : "error.code";
  const made = files.find(
    ({ tree }) =>
      collect(tree, (node) => {
        if (!ts.isTemplateExpression(node) || node.head.text !== "store_") return undefined;
        return node.templateSpans[0].expression.getText() === expression || undefined;
      }).length > 0,
  );
  const isStart = (text, node) =>
    ts.isTemplateExpression(node) && text.endsWith("_") && code.startsWith(text);
  const named =
    made?.path ?? filesWithLiteral(files, (text) => text === code)[0] ?? filesWithLiteral(files, isStart)[0];
  if (named === undefined) throw new Error(`no file finds the problem ${code}`);
  return named;
}

/**
 * `[{ method, route, isChange, path }]`, in the order of the document; then what serves the page.
 */
export function routeRows(openapi, files) {
  const routes = files.flatMap(({ path, tree }) =>
    collect(tree, (node) => {
      if (!ts.isObjectLiteralExpression(node)) return undefined;
      const route = literalText(propertyOf(node, "path"));
      if (route?.startsWith("/") !== true) return undefined;
      const method = literalText(findProperty(node, "method")) ?? "GET";
      return { method, route, isChange: findProperty(node, "writes") !== undefined, path };
    }),
  );
  const documented = Object.entries(openapi.paths).flatMap(([route, methods]) =>
    Object.keys(methods).map((name) => {
      const method = name.toUpperCase();
      const here = routes.filter((one) => one.route === route);
      const found = here.find((one) => one.method === method) ?? here[0];
      if (found === undefined) throw new Error(`no file has the route ${route}`);
      return { ...found, method };
    }),
  );
  const served = files.flatMap(({ path, tree }) =>
    collect(tree, (node) => {
      if (!ts.isCallExpression(node) || !/^app\.(?:get|post|delete)$/.test(node.expression.getText()))
        return undefined;
      const route = literalText(node.arguments[0]);
      const method = node.expression.name.text.toUpperCase();
      return route?.startsWith("/") ? { method, route, isChange: false, path } : undefined;
    }),
  );
  return [...documented, ...served];
}

/** Of an object, or of one of the same file that it spreads. */
function findProperty(object, name) {
  const own = propertyOf(object, name);
  if (own !== undefined) return own;
  for (const spread of object.properties.filter((one) => ts.isSpreadAssignment(one))) {
    const [found] = collect(object.getSourceFile(), (node) => {
      if (!ts.isVariableDeclaration(node) || node.name.getText() !== spread.expression.getText())
        return undefined;
      const [inner] = collect(node, (one) => (ts.isObjectLiteralExpression(one) ? one : undefined));
      return inner === undefined ? undefined : propertyOf(inner, name);
    });
    if (found !== undefined) return found;
  }
  return undefined;
}
