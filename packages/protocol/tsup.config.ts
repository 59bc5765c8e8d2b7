import { defineConfig } from "tsup";
import { commonjsPlugin } from "../../.ci/commonjs-plugin.js";

export default defineConfig([
  {
    entry: ["src/index.ts"],
    format: ["esm", "cjs"],
    dts: true,
    clean: ["index.*"],
    platform: "neutral",
    target: "es2022",
    plugins: [commonjsPlugin()],
  },
  // The command, which no import of the package loads. It holds what it needs of the package
  // itself.
  {
    entry: { conformance: "conformance/command.ts" },
    format: ["esm"],
    dts: false,
    clean: ["conformance.*"],
    platform: "node",
    target: "node20",
  },
]);
