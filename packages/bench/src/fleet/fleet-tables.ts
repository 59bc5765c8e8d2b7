import { loadavg } from "node:os";
import type { Table } from "../table.js";
import { FleetStage } from "./fleet-stage.js";

/**
 * Several hosts on one PostgreSQL: one table of what that takes. What else the machine did is said,
 * as a server and a host share it here.
 */
export async function fleetTables(measure: (stage: FleetStage) => Promise<Table>): Promise<Table[]> {
  await using stage = await FleetStage.start();
  const table = await measure(stage);
  const load = loadavg()[0]?.toFixed(1);
  return [{ ...table, method: `${table.method} The machine's load over the last minute: ${load}.` }];
}
