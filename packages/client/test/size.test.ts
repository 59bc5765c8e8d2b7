import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { packageFolder } from "./child.js";

test("the main entry, with what it uses of the protocol, is at most 8 kB minified and compressed", async () => {
  const { outputFiles } = await build({
    entryPoints: [join(packageFolder, "dist", "index.js")],
    bundle: true,
    minify: true,
    write: false,
    // What is loaded only when there is a mistake to tell is a file of its own.
    splitting: true,
    outdir: packageFolder,
    logLevel: "error",
    format: "esm",
    platform: "node",
    target: "node20",
  });
  const main = outputFiles.filter(({ path }) => !/hint-[\w-]+\.js$/.test(path));
  expect(outputFiles).toHaveLength(main.length + 1);
  const bytes = gzipSync(Buffer.concat(main.map(({ contents }) => contents)), { level: 9 }).length;
  expect(bytes).toBeGreaterThan(4_000);
  expect(bytes).toBeLessThanOrEqual(8_192);
});
