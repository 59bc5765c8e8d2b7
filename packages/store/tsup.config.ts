import { defineConfig } from "tsup";

// The threads' files are entries of their own: `new URL("./writer-thread.js", import.meta.url)`
// finds them beside every chunk.
export default defineConfig({
  entry: {
    index: "src/index.ts",
    contract: "contract/index.ts",
    postgres: "src/postgres/index.ts",
    fleet: "src/fleet/index.ts",
    "fleet-thread": "src/fleet/fleet-thread.ts",
    "writer-thread": "src/sqlite/thread/writer-thread.ts",
    "reader-thread": "src/sqlite/thread/reader-thread.ts",
  },
  format: ["esm"],
  dts: {
    entry: {
      index: "src/index.ts",
      contract: "contract/index.ts",
      postgres: "src/postgres/index.ts",
      fleet: "src/fleet/index.ts",
    },
  },
  target: "node20",
  platform: "node",
  splitting: true,
  clean: true,
});
