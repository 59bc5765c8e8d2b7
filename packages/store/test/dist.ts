import { fileURLToPath } from "node:url";

/** The built package, which is what the tests run: its threads are files beside it. */
export const dist = fileURLToPath(new URL("../dist/index.js", import.meta.url));
