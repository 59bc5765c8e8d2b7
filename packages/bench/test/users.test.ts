import { expect, test } from "vitest";
import { quickRows } from "./bench-run.js";

test("the benchmark of users prints what a message costs that is judged [users/U10]", async () => {
  const rows = await quickRows("users/judging");
  const names = ["nobody is told apart", "of a principal with bounds", "that the principal may not send"];
  for (const name of [...names, "the verdict alone"]) {
    const [cell = ""] = rows.get(name) ?? [];
    expect(Number.parseFloat(cell), `${name}: ${cell}`).toBeGreaterThan(0);
  }
}, 300_000);

test("the benchmark of users prints how soon a beat is shown beside a flood, which sheds no row of it [users/U5]", async () => {
  const rows = await quickRows("users/flood");
  for (const name of ["nobody else", "a flood of another user", "a flood while the database is locked"]) {
    const [, p99 = "", , ownShed, floodShed = ""] = rows.get(name) ?? [];
    expect(Number.parseFloat(p99), name).toBeGreaterThan(0);
    expect([name, ownShed]).toEqual([name, "0"]);
    expect(Number(floodShed) > 0).toBe(name !== "nobody else");
  }
}, 300_000);
