import { defineConfig } from "tsup";
import { commonjsPlugin } from "../../.ci/commonjs-plugin.js";

/**
 * As TypeScript 5.2 and @types/node declare them, for projects that have an older compiler or
 * neither.
 */
const disposableTypes = `declare global {
    interface SymbolConstructor {
        readonly dispose: unique symbol;
        readonly asyncDispose: unique symbol;
    }
    interface Disposable {
        [Symbol.dispose](): void;
    }
    interface AsyncDisposable {
        [Symbol.asyncDispose](): PromiseLike<void>;
    }
}`;

export default defineConfig({
  entry: { index: "src/index.ts", legacy: "src/legacy.ts", llm: "src/llm.ts", testing: "src/testing.ts" },
  format: ["esm", "cjs"],
  // The entries share one copy of each class, in CommonJS too.
  splitting: true,
  dts: { banner: disposableTypes },
  clean: true,
  platform: "node",
  target: "es2022",
  plugins: [commonjsPlugin()],
});
