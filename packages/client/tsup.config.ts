import { defineConfig } from "tsup";
import { commonjsPlugin } from "../../.ci/commonjs-plugin.js";

export default defineConfig({
  entry: { index: "src/index.ts", legacy: "src/legacy.ts", testing: "src/testing.ts" },
  format: ["esm", "cjs"],
  // The entries share one copy of each class, in CommonJS too.
  splitting: true,
  // The disposable types, for projects that have neither a recent `lib` nor @types/node.
  dts: { banner: '/// <reference lib="esnext.disposable" />' },
  clean: true,
  platform: "node",
  target: "es2022",
  plugins: [commonjsPlugin()],
});
