// `npm test`: install, then the gate. The same as CI.
import process from "node:process";
import { provideBrowser, provideNginx, providePgbouncer } from "./browser.mjs";
import { install } from "./install.mjs";
import { assertNode, pnpm } from "./pnpm.mjs";
import { provideLibrariesInCi } from "./recipe-libraries.mjs";

assertNode();
const installed = await install();
if (installed !== 0) process.exit(installed);
if (!provideBrowser()) process.exit(1);
provideNginx();
providePgbouncer();
if (!(await provideLibrariesInCi())) process.exit(1);
process.exit(await pnpm(["--silent", "run", "check"]));
