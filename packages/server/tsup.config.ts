import { defineConfig } from "tsup";

export default defineConfig({
  // launch.ts is the command (its first line makes it one) and loads main.ts; demo-bot.ts is what
  // `demo` starts for each bot.
  entry: { index: "src/index.ts", main: "src/launch.ts", "demo-bot": "src/cli/demo/demo-bot.ts" },
  format: ["esm"],
  dts: { entry: { index: "src/index.ts", main: "src/launch.ts" } },
  target: "node20",
  platform: "node",
  splitting: true,
  clean: true,
});
