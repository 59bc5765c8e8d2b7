import type { Table } from "../table.js";
import { chartTables } from "./charts.js";
import { writingTables } from "./writing.js";

export async function run(): Promise<readonly Table[]> {
  return [...(await writingTables()), ...(await chartTables())];
}
