import type { Table } from "../table.js";
import { beatsTable } from "./beats-table.js";
import { clientsTable } from "./clients-table.js";
import { fleetTable } from "./fleet-table.js";
import { oldClientsTables } from "./old-clients-tables.js";
import { rowsTables } from "./rows-table.js";
import { samplingTable } from "./sampling-table.js";

/** The monitor as it is shipped, in a process of its own, from the socket to the row and from the beat to the API. */
export async function run(): Promise<readonly Table[]> {
  return [
    ...(await rowsTables()),
    await beatsTable(),
    ...(await oldClientsTables()),
    await clientsTable(),
    await fleetTable(),
    await samplingTable(),
  ];
}
