import { expect, test } from "vitest";
import { SortedFleet } from "../../src/http/sorted-fleet.js";
import { CountingTurns } from "../counting-turns.js";
import { PlainFleet } from "./plain-fleet.js";

test("callers that ask at once share one look at the fleet, in a turn of its own", async () => {
  const fleet = new PlainFleet();
  const turns = new CountingTurns(100);
  let looks = 0;
  const bots = fleet.bots.bind(fleet);
  fleet.bots = () => {
    expect(turns.taken).toBeGreaterThan(looks);
    looks++;
    return bots();
  };
  const sorted = new SortedFleet(fleet, turns);
  for (const channel of ["c", "a", "b"]) fleet.add(channel);
  const crowd = Array.from({ length: 500 }, () => sorted.bots());
  fleet.add("0");
  const lists = [...(await Promise.all(crowd)), await sorted.bots()];
  for (const list of lists) expect(list.map(({ channel }) => channel)).toEqual(["0", "a", "b", "c"]);
  expect(looks).toBe(2);
});

test("whoever asks while the fleet is looked at gets a bot that came meanwhile", async () => {
  const fleet = new PlainFleet();
  const sorted = new SortedFleet(fleet, new CountingTurns(100));
  fleet.add("b");
  const bots = fleet.bots.bind(fleet);
  const later: ReturnType<SortedFleet["bots"]>[] = [];
  fleet.bots = () => {
    const now = [...bots()];
    if (later.length === 0) {
      fleet.add("a");
      later.push(sorted.bots());
    }
    return now.values();
  };
  expect((await sorted.bots()).map(({ channel }) => channel)).toEqual(["b"]);
  expect((await later[0])?.map(({ channel }) => channel)).toEqual(["a", "b"]);
});
