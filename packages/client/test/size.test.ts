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
    format: "esm",
    platform: "node",
    target: "node20",
  });
  const bytes = gzipSync(outputFiles[0]?.contents ?? new Uint8Array(0), { level: 9 }).length;
  expect(bytes).toBeGreaterThan(4_000);
  expect(bytes).toBeLessThanOrEqual(8_192);
});
