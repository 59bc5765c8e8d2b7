// A plugin of tsup that lets the CommonJS files load beside a polluted `Object.prototype`: the
// helpers that the bundler writes take junk there for parts of their property descriptors, and
// enumerable junk for exports.
import { readFile, writeFile } from "node:fs/promises";

/** What the bundlers write, and what stands there instead. Each descriptor loses its prototype. */
const replacements: readonly (readonly [RegExp, string])[] = [
  [/for \(var (\w+) in all\)\n/g, "for (var $1 of __getOwnPropNames(all))\n"],
  [/\{ (get: [^{}]*, enumerable: [^{}]*) \}\);/g, "{ __proto__: null, $1 });"],
  [/\{ ?value: true ?\}/g, "{ __proto__: null, value: true }"],
];

/**
 * A descriptor that inherits from `Object.prototype`: the helpers of the bundler are others than
 * they were.
 */
const leftover = /(?:__defProp|defineProperty)\((?:\{\}|\w+), [^,]+, \{(?!\s*__proto__: null)/;

interface WrittenFile {
  readonly name: string;
}

export function commonjsPlugin() {
  return {
    name: "commonjs-own-properties",
    async buildEnd({ writtenFiles }: { readonly writtenFiles: readonly WrittenFile[] }): Promise<void> {
      for (const { name } of writtenFiles.filter((file) => file.name.endsWith(".cjs"))) {
        let text = await readFile(name, "utf8");
        for (const [written, instead] of replacements) text = text.replace(written, instead);
        if (leftover.test(text)) throw new Error(`${name}: a property descriptor that inherits`);
        await writeFile(name, text);
      }
    },
  };
}
