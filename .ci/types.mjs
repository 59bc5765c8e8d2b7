// `pnpm types`: compiles sources and tests of every package without writing. The newest TypeScript
// does it in a sixth of the time of the one that builds the declarations; a test compiles the
// published types with the oldest one as well.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root, succeeds } from "./pnpm.mjs";

const compiler = join(root, "packages/client/compilers/node_modules/typescript-newest/bin/tsc");

const projects = readdirSync(join(root, "packages"))
  .sort()
  .flatMap((name) =>
    ["tsconfig.json", "tsconfig.test.json", "page/tsconfig.json"].map((file) =>
      join(root, "packages", name, file),
    ),
  )
  .filter(existsSync);
// Each is compiled even when one before it failed, so that one run shows all that is wrong.
const failed = projects.filter(
  (project) => !succeeds(process.execPath, [compiler, "-p", project, "--noEmit"]),
);
process.exit(failed.length === 0 ? 0 : 1);
