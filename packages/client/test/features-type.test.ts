import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Child, packageFolder } from "./child.js";

const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
const head = `
import { MonitorClient } from "@kissbot/client";
interface Flags { chat: boolean }
interface Optional { readonly chat?: boolean; voice: boolean }
class Switches { chat = true }
declare const client: MonitorClient;
declare const flags: Flags;
declare const optional: Optional;
declare const dictionary: Readonly<Record<string, boolean>>;
declare const maybe: Flags | undefined;
declare const mixed: { chat: boolean; name: string };
declare const map: Map<string, boolean>;
`;
const accepted = [
  "client.register();",
  "client.register({ chat: true });",
  "client.register({});",
  "client.register(flags);",
  "client.register(optional);",
  "client.register(dictionary);",
  "client.register(maybe);",
  "client.register(new Switches());",
  "export const handed: (features: Record<string, boolean>) => Promise<boolean> = client.register;",
  "export const shape: { register(features?: Record<string, boolean>): Promise<boolean> } = client;",
  "export class Bot extends MonitorClient { override register(features?: Record<string, boolean>) { return super.register(features); } }",
];
const refused = [
  'client.register({ chat: "yes" });',
  "client.register({ chat: 1 });",
  "client.register(mixed);",
  "client.register(map);",
  "client.register(Promise.resolve(flags));",
  "client.register([true]);",
  'client.register("chat");',
  "client.register(5);",
];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kissbot-types-"));
  mkdirSync(join(folder, "node_modules", "@kissbot"), { recursive: true });
  mkdirSync(join(folder, "node_modules", "@types"), { recursive: true });
  symlinkSync(packageFolder, join(folder, "node_modules", "@kissbot", "client"));
  const nodeTypes = join(packageFolder, "node_modules", "@types", "node");
  symlinkSync(nodeTypes, join(folder, "node_modules", "@types", "node"));
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("register takes an interface, a type and a dictionary of booleans, and nothing else [client/F34]", async () => {
  const lines = [...accepted, ...refused];
  writeFileSync(join(folder, "main.ts"), `${head.trim()}\n${lines.join("\n")}\n`);
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "node"];
  const { stdout } = await new Child([tsc, ...options, join(folder, "main.ts")]).exited;
  const offset = head.trim().split("\n").length;
  const wrong = [...stdout.matchAll(/main\.ts\((\d+),/g)].map(([, line]) => lines[Number(line) - offset - 1]);
  expect(new Set(wrong)).toEqual(new Set(refused));
}, 120_000);
