import type { Table } from "../table.js";
import { clientsTables } from "./clients-table.js";
import { fleetTables } from "./fleet-table.js";
import { rowsTables } from "./rows-table.js";

export async function run(): Promise<readonly Table[]> {
  return [...(await rowsTables()), ...(await clientsTables()), ...(await fleetTables())];
}
