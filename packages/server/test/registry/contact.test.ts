import { expect, test } from "vitest";
import { Contact } from "../../src/registry/contact.js";

type Step = ["heard" | "ended", connection: number, atMs: number] | ["look" | "other look", atMs: number];

/** Whether the last look makes it dead. */
function isDead(steps: readonly Step[]): boolean {
  const contact = new Contact();
  let dead = false;
  for (const step of steps) {
    if (step[0] === "heard") contact.heard(step[1], step[2]);
    else if (step[0] === "ended") contact.ended(step[1], step[2]);
    else dead = contact.absent(step[1], step[0] === "look");
  }
  return dead;
}

const life: Step[] = [
  ["heard", 1, 0],
  ["heard", 1, 10],
];
const looks: Step[] = [
  ["look", 1_030],
  ["look", 2_000],
  ["look", 6_000],
];

test.each<[name: string, steps: Step[], dead: boolean]>([
  ["absent in three looks after the end", [...life, ["ended", 1, 1_000], ...looks], true],
  ["absent in two", [...life, ["ended", 1, 1_000], ...looks.slice(1)], false],
  [
    "absent in three, of which one was made for another reason",
    [...life, ["ended", 1, 1_000], ["other look", 1_010], ...looks.slice(1)],
    false,
  ],
  ["absent while the connection is open", [...life, ...looks], false],
  [
    "heard again between the looks",
    [
      ...life,
      ["ended", 1, 1_000],
      ["look", 1_030],
      ["heard", 1, 1_500],
      ["ended", 1, 1_600],
      ["look", 2_000],
      ["look", 6_000],
    ],
    false,
  ],
  ["heard over another connection too", [["heard", 2, 0], ...life, ["ended", 1, 1_000], ...looks], false],
  [
    "heard over a connection for each line too",
    [["heard", 0, 0], ...life, ["ended", 1, 1_000], ...looks],
    false,
  ],
  [
    "foreign, as its pid was nobody's while it was connected",
    [...life, ["other look", 600], ["ended", 1, 1_000], ...looks],
    false,
  ],
  [
    "looked at in the instant of its end",
    [...life, ["other look", 900], ["ended", 1, 1_000], ...looks],
    true,
  ],
  ["the end of a connection that is not its last one", [...life, ["ended", 2, 1_000], ...looks], false],
])("a process is dead by absence or not: %s [trial/O2]", (_name, steps, dead) => {
  expect(isDead(steps)).toBe(dead);
});

test("a connection proves life once two lines came over it, until it ends [trial/O2]", () => {
  const contact = new Contact();
  contact.heard(1, 0);
  expect(contact.isConnected).toBe(false);
  contact.heard(1, 10);
  expect(contact.isConnected).toBe(true);
  contact.heard(2, 20);
  expect(contact.isConnected).toBe(false);
  contact.heard(2, 30);
  expect(contact.ended(1, 40)).toBe(false);
  expect(contact.isConnected).toBe(true);
  expect(contact.ended(2, 50)).toBe(true);
  expect(contact.isConnected).toBe(false);
  expect(contact.endedAtMs).toBe(50);
  contact.forget();
  expect(contact.endedAtMs).toBeNaN();
});
