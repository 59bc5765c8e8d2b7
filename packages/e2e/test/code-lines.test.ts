import { spawnSync } from "node:child_process";
import process from "node:process";
import { expect, test } from "vitest";
import { root } from "./document.js";

const script = `const { codeLinesOf } = await import("./.ci/code-lines.mjs");
let text = "";
for await (const piece of process.stdin) text += piece;
console.log(codeLinesOf(text, "file.ts"));`;

function codeLinesOf(...lines: string[]): number {
  const done = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: root,
    encoding: "utf8",
    input: lines.join("\n"),
  });
  expect(done.stderr).toBe("");
  return Number(done.stdout);
}

test("blank lines and comments are no code, whatever they look like", () => {
  expect(codeLinesOf("", "// a", "/* b", "const c = 1;", "*/", "/** d */", "  ")).toBe(0);
  expect(codeLinesOf("/** Of f. */", "function f() {", "  // inside", "", "  return 1; // behind", "}")).toBe(
    3,
  );
  expect(codeLinesOf("const a = 1; /* b", "c */ const d = 2;", "/* e */", "")).toBe(2);
});

test("what looks like a comment within a text is code", () => {
  expect(codeLinesOf('const a = "/*";', "const b = 1;", 'const c = "*/";')).toBe(3);
  expect(codeLinesOf("const a = `", "// no comment", "", ["$", "{b /* one */}"].join(""), "`;")).toBe(4);
  expect(codeLinesOf("const a = /\\/\\*/;", "const b = 1;")).toBe(2);
});

test("pnpm lines prints the lines of each package, of this tree and of a commit", () => {
  const lines = (...args: string[]) =>
    spawnSync(process.execPath, [".ci/lines.mjs", ...args], { cwd: root, encoding: "utf8" });
  const { stdout } = lines();
  const rows = stdout
    .trim()
    .split("\n")
    .map((row) => row.split(/ +/));
  expect(rows[0]).toEqual(["package", "source", "tests"]);
  for (const name of ["protocol", "client", "store", "server"]) {
    const [, source, tests] = rows.find(([first]) => first === name) ?? [];
    expect(Number(source), name).toBeGreaterThan(500);
    expect(Number(tests), name).toBeGreaterThan(500);
  }
  const sum = (at: number) => rows.slice(1, -1).reduce((all, row) => all + Number(row[at]), 0);
  expect(rows.at(-1)).toEqual(["all", `${sum(1)}`, `${sum(2)}`]);
  expect(lines("no-such-commit")).toMatchObject({ status: 2, stdout: "" });
  expect(lines("--all")).toMatchObject({ status: 2, stderr: "usage: pnpm lines [REF]\n" });
});
