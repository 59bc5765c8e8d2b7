import { expect, test } from "vitest";
import { quickRows } from "./bench-run.js";

test("the benchmark of floods sheds rows of each kind of load, and counts each of them", async () => {
  const rows = await quickRows("server/flood");
  for (const name of [
    "calls, 50 connections, 100 lines a write",
    "calls of a user, 50 connections, 100 lines a write",
    "custom metrics, 50 connections, 100 lines a write",
  ]) {
    const [lossless, arrived, committed, goodput, shed, unaccounted] = rows.get(name) ?? [];
    for (const cell of [lossless, arrived, committed, goodput, shed])
      expect(Number.parseFloat(cell ?? ""), `${name}: ${cell}`).toBeGreaterThan(0);
    expect(unaccounted, name).toBe("0");
  }
}, 300_000);
