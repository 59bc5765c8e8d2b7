import { defineConfig } from "tsup";
import { commonjsPlugin } from "../../.ci/commonjs-plugin.js";

export default defineConfig({
  entry: ["src/index.ts"],
  format: ["esm", "cjs"],
  dts: true,
  clean: true,
  platform: "neutral",
  target: "es2022",
  plugins: [commonjsPlugin()],
});
