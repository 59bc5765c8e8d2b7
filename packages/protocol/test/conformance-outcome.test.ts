import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child } from "@kissbot/testkit";
import { expect, test } from "vitest";

const protocol = fileURLToPath(new URL("..", import.meta.url));
const command = join(protocol, "bin", "kissbot-conformance.mjs");
const wrong = join(protocol, "test", "ports", "wrong-encoder.mjs");
const ours = join(protocol, "..", "client", "test", "conformance", "driver.mjs");

interface Case {
  readonly id: string;
  readonly outcome: string;
  readonly exercised: boolean;
  readonly detail: string;
}

async function casesOf(...args: string[]): Promise<{ code: number | null; cases: Case[] }> {
  const { code, stdout } = await Child.node([command, ...args], { limitMs: 60_000 }).exited;
  return { code, cases: JSON.parse(stdout).cases };
}

test("what a port's types cannot hold passes a refusal and skips a message, and a line is judged by its bytes [conformance/R12]", async () => {
  const { cases } = await casesOf("encode", "--json", "--", "node", wrong);
  const outcomeOf = (id: string) => cases.find((one) => one.id === id);
  expect(outcomeOf("message/smallest-unregister")).toMatchObject({ outcome: "skipped", exercised: false });
  expect(outcomeOf("message/smallest-register")).toMatchObject({ outcome: "fail" });
  expect(outcomeOf("message/smallest-register")?.detail).toContain("invalid_field");
  expect(outcomeOf("message/smallest-heartbeat")).toMatchObject({ outcome: "fail" });
  expect(outcomeOf("message/smallest-heartbeat")?.detail).toContain("no newline");
  expect(outcomeOf("message/smallest-llm-usage")?.detail).toContain(
    "refused a good message on account of model",
  );
  expect(outcomeOf("refusal/channel-null")).toMatchObject({ outcome: "fail" });
});

test("a rule that the run did not exercise is never told as passed, and --strict makes it a failure [conformance/R6]", async () => {
  const args = ["conduct", "--json", "--only", "threads:*"];
  const lenient = await casesOf(...args, "--", "node", ours);
  expect(lenient.cases).toMatchObject([{ id: "threads:C-18", outcome: "skipped", exercised: false }]);
  expect(lenient.code).toBe(0);
  expect((await casesOf(...args, "--strict", "--", "node", ours)).code).toBe(1);
});
