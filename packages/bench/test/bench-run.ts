import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { rowsOf } from "./table-rows.js";

const bench = fileURLToPath(new URL("../src/bench.ts", import.meta.url));

/** The rows that a benchmark prints in a quick run. */
export async function quickRows(name: string): Promise<ReturnType<typeof rowsOf>> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", bench, name, "--quick"],
    { cwd: fileURLToPath(new URL("..", import.meta.url)) },
  );
  return rowsOf(stdout);
}
