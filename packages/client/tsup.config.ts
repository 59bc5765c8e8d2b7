import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts", legacy: "src/legacy.ts", testing: "src/testing.ts" },
  format: ["esm", "cjs"],
  // The entries share one copy of each class, in CommonJS too.
  splitting: true,
  dts: true,
  clean: true,
  platform: "node",
  target: "es2022",
});
