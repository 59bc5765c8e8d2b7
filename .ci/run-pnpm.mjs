// `node .ci/run-pnpm.mjs ARGUMENTS`: the pinned pnpm for the scripts of package.json, where npm may
// be all that there is. Installs first where nothing is installed.
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { install } from "./install.mjs";
import { assertNode, pnpm, root } from "./pnpm.mjs";

assertNode();
if (!existsSync(join(root, "node_modules", ".modules.yaml"))) {
  const installed = await install();
  if (installed !== 0) process.exit(installed);
}
process.exit(await pnpm(process.argv.slice(2)));
