// The commands and their flags: what is there comes from the written help, where it stands from the
// sources.
import ts from "typescript";
import { collect, fileNamed, filesWithLiteral, importsOf } from "./source-tree.mjs";

/** `[{ name, declared, runs }]`, by the words behind `kissbot-monitor`. */
export function commandRows(help, files) {
  const declarations = files.flatMap(declaredCommands);
  const rows = new Map();
  for (const { words } of helpSections(help)) {
    if (words.length === 0) continue;
    const parent = rows.get(words.slice(0, -1).join(" "));
    const found = declarations.filter(
      ({ name, parentName }) =>
        name === words.at(-1) &&
        (parent === undefined ? parentName === "program" : parentName === words.at(-2)),
    );
    // The commands of a list, such as the types of messages, stand beside their parent.
    const declared = found[0]?.path ?? parent?.declared;
    if (declared === undefined) throw new Error(`no file declares the command ${words.join(" ")}`);
    rows.set(words.join(" "), {
      name: words.join(" "),
      declared,
      runs: found[0]?.runs ?? parent?.runs ?? null,
    });
  }
  return [...rows.values()];
}

/** `[{ flag, commands, path }]`: a flag that two files declare has two rows. */
export function flagRows(help, files, commands, settings) {
  const rows = new Map();
  for (const { words, text } of helpSections(help)) {
    const command = commands.find(({ name }) => name === words.join(" "));
    for (const flag of flagsIn(text)) {
      const path = fileOfFlag(flag, command, files, settings);
      const row = rows.get(`${flag} ${path}`) ?? { flag, commands: [], path };
      row.commands.push(command?.name ?? "");
      rows.set(`${flag} ${path}`, row);
    }
  }
  return [...rows.values()].sort((one, other) => (one.flag < other.flag ? -1 : 1));
}

/** `[{ name, paths }]`: the variables that stand in for a flag which is no setting. */
export function flagVariables(help, flags, settings) {
  const known = new Set(settings.flatMap(({ variables }) => variables));
  const names = new Set(help.match(/\bKISSBOT_MONITOR_[A-Z_]*[A-Z]\b/g));
  return [...names]
    .filter((name) => !known.has(name))
    .map((name) => {
      const flag = `--${name.slice("KISSBOT_MONITOR_".length).toLowerCase().replaceAll("_", "-")}`;
      return { name, paths: flags.filter((row) => row.flag === flag).map(({ path }) => path) };
    })
    .filter(({ paths }) => paths.length > 0);
}

/** The help of each command, with its words; those of the program itself are none. */
export function helpSections(help) {
  return help.split(/^\$ kissbot-monitor /m).flatMap((section) => {
    const [, words, text] = /^(.*?) ?--help\n([\s\S]*)$/.exec(section) ?? [];
    return words === undefined ? [] : [{ words: words.split(" ").filter(Boolean), text }];
  });
}

function flagsIn(help) {
  const options = help.split(/^Examples?:/m)[0];
  return [...options.matchAll(/^ {2}(?:-\w, )?(--[a-z][a-z-]*)/gm)].map(([, flag]) => flag);
}

/** Each call that makes a command, with the file that it imports when it is called. */
function declaredCommands({ path, tree }) {
  const imports = collect(tree, (node) =>
    ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
      ? { at: node.pos, path: `${path.slice(0, path.lastIndexOf("/"))}/${node.arguments[0]?.text}` }
      : undefined,
  );
  const calls = collect(tree, (node) => {
    if (!ts.isCallExpression(node)) return undefined;
    const [first, second] = node.arguments;
    if (node.expression.getText() === "add" && second !== undefined && ts.isObjectLiteralExpression(second)) {
      const name = second.properties.find((one) => one.name?.getText() === "name")?.initializer;
      if (name === undefined || !ts.isStringLiteralLike(name)) return undefined;
      return { name: name.text, parentName: first.getText(), at: second.pos };
    }
    const isMethod =
      ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === "command";
    return isMethod && first !== undefined && ts.isStringLiteralLike(first)
      ? { name: first.text, parentName: node.expression.expression.getText().split(/\W/)[0], at: first.pos }
      : undefined;
  }).sort((one, other) => one.at - other.at);
  return calls.map((call, i) => {
    const end = calls[i + 1]?.at ?? tree.end;
    const own = imports
      .filter(({ at }) => at > call.at && at < end)
      .map((one) => one.path.replace("/./", "/").replace(/\.js$/, ".ts"));
    const runs = own.find((one) => one.endsWith(`/${call.name}.ts`)) ?? own[0] ?? null;
    return { ...call, path, runs };
  });
}

/**
 * A literal in the command's own file, in one that it imports, or a flag that is made of a name.
 */
function fileOfFlag(flag, command, files, settings) {
  const name = flag.slice(2);
  const setting = settings.find((one) => one.flags.includes(name));
  if (setting !== undefined) return setting.table;
  const own =
    command === undefined ? [] : [command.declared, ...importsOf(fileNamed(files, command.declared))];
  const declares = new RegExp(`^(?:-\\w, )?${flag}(?:[ ,]|$)`);
  const written = filesWithLiteral(files, (text) => declares.test(text));
  const constant = filesWithLiteral(
    files,
    (text, { parent }) =>
      text === name && ts.isVariableDeclaration(parent) && parent.name.getText().endsWith("Flag"),
  );
  const field = filesWithLiteral(
    files,
    (text, { parent }) => text === name.replaceAll("-", "_") && ts.isCallExpression(parent),
  );
  const found = [
    ...own.filter((path) => written.includes(path)),
    ...constant,
    ...own.filter((path) => field.includes(path)),
    ...written,
    ...own,
  ];
  if (found.length === 0) throw new Error(`no file declares the flag ${flag}`);
  return found[0];
}
