import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { TemporaryFolder } from "@kissbot/testkit";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { run } from "./program-run.js";

const folder = new TemporaryFolder("prices");
const database = folder.file("kb.db");
const file = `${database}.prices.json`;
const table = (input: number) =>
  JSON.stringify([
    {
      id: "mine",
      models: [{ id: "m", match: { equals: "m" }, prices: { input_mtok: input, output_mtok: 2 } }],
    },
  ]);

let answer: RequestListener = (_request, response) => response.end(table(7));
let server: Server;
let url = "";
let asked = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.json`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  folder[Symbol.dispose]();
});
afterEach(() => vi.restoreAllMocks());

const update = (...more: string[]) => run(["prices", "update", "--store", database, "--from", url, ...more]);
const show = async () => {
  const { stdout } = await run(["prices", "show", "m", "--provider", "mine", "--store", database, "--json"]);
  return JSON.parse(stdout).prices[0].price?.input ?? null;
};

test("prices update puts the fetched table beside the database, where each command reads it", async () => {
  expect(await show()).toBeNull();
  const { code, stdout, stderr } = await update();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(
    /^1 models? of genai-prices data [0-9a-f]{12}, in the place of genai-prices 0\.1\.8: /,
  );
  expect(readFileSync(file, "utf8")).toBe(table(7));
  expect(await show()).toBe(7);
  expect((await update()).stdout).toContain("which the monitor had already");
  const json = await update("--json");
  expect(JSON.parse(json.stdout)).toMatchObject({ file, models: 1, from: url });
  // Also the monitor's own user reads what root fetched.
  expect(statSync(file).mode & 0o444).toBe(0o444);
});

test.each<[string, RequestListener, string]>([
  ["no JSON", (_, response) => response.end("<html>"), "it is no JSON"],
  ["half of it", (_, response) => response.end(table(9).slice(0, 60)), "it is no JSON"],
  [
    "a wrong price",
    (_, response) => response.end(table(-1)),
    "$[0].models[0].prices.input_mtok: expected a number of 0 or more",
  ],
  ["an error", (_, response) => response.writeHead(404).end(table(9)), "it answers with status 404"],
  ["elsewhere", (_, response) => response.writeHead(302, { location: url }).end(), "redirect"],
  [
    "a cut connection",
    (_, response) => response.writeHead(200, { "content-length": 500 }).write("[", () => response.destroy()),
    "The old ones stay",
  ],
  ["no end", (_, response) => endless(response), "it is longer than 16,777,216 bytes"],
])("an answer that is %s is named, and the old prices stay", async (_, given, why) => {
  answer = given;
  const before = readFileSync(file, "utf8");
  const { code, stdout, stderr } = await update();
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(why);
  expect(stderr).toContain("The old ones stay");
  expect(readFileSync(file, "utf8")).toBe(before);
  expect(readdirSync(folder.path)).toEqual(["kb.db.prices.json"]);
});

function endless(response: Parameters<RequestListener>[1]): void {
  const piece = Buffer.alloc(1_048_576, " ");
  const write = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on("drain", write);
  write();
}

test("prices update says what it cannot reach or write, and refuses what is no address", async () => {
  const closed = await run(["prices", "update", "--store", database, "--from", "http://127.0.0.1:1/"]);
  expect(closed).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no prices from http://127.0.0.1:1/"),
  });
  for (const from of ["prices.json", "file:///etc/passwd", ""]) {
    expect(await run(["prices", "update", "--store", database, "--from", from])).toMatchObject({ code: 2 });
  }
  const memory = await run(["prices", "update", "--store", "memory:", "--from", url]);
  expect(memory).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("name its database with --store"),
  });
  answer = (_request, response) => response.end(table(7));
  const nowhere = folder.file("no/such/folder/kb.db");
  expect(await run(["prices", "update", "--store", nowhere, "--from", url])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("cannot write"),
  });
  expect(existsSync(nowhere)).toBe(false);
});

test("no other command fetches anything, and update nothing without being asked [cost/C9]", async () => {
  const fetches = vi.spyOn(globalThis, "fetch");
  const before = asked;
  await show();
  await run(["prices", "check", "--store", database]);
  await run(["config", "check"]);
  await run(["prices", "update", "--help"]);
  expect(fetches).not.toHaveBeenCalled();
  expect(asked).toBe(before);
});
