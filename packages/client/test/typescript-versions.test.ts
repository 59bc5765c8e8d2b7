import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Child, packageFolder } from "./child.js";

/**
 * Uses all that the published types declare; each line below `@ts-expect-error` must not compile.
 */
const program = `
import { type LlmUsageReport, type Logger, MonitorClient, type MonitorClientOptions, type MonitorClientStats } from "@kissbot/client";
import { featuresToDict, HeartbeatTask, registerWithMonitor } from "@kissbot/client/legacy";
import { type LlmUsage, trackLlm, usageOf } from "@kissbot/client/llm";
import { AbsentMonitor, FrozenMonitor, RecordingMonitor } from "@kissbot/client/testing";
import {
  type DecodedMessage, type DecodedRegister, type DecodeResult, decodeLine, encode, LineDecoder, type LineDecoderOptions,
  type Message, maxLineBytes, type RejectionReason, rejectionReasons,
} from "@kissbot/protocol";

interface Features { chat: boolean; readonly voice?: boolean }
declare const features: Features;
declare const dictionary: Readonly<Record<string, boolean>>;
declare const mixed: { chat: boolean; name: string };

export const found: LlmUsage | null = usageOf({});
export function report(client: MonitorClient): void {
  if (found?.model && found.tokensIn !== null && found.tokensOut !== null) {
    const { model, tokensIn, tokensOut } = found;
    void client.logLlmUsage({ feature: "f", ...found, model, tokensIn, tokensOut });
  }
  // @ts-expect-error a call has a model and its tokens
  if (found) void client.logLlmUsage({ feature: "f", ...found });
}
export const tracked: Promise<number> = trackLlm(new MonitorClient("a"), { feature: "f" }, async () => 1);
// @ts-expect-error
trackLlm(new MonitorClient("a"), { model: "m" }, () => 1);
encode({ type: "register", channel: "a", pid: 1 });
encode({ type: "register", channel: "a", pid: 1, features });
encode({ type: "register", channel: "a", pid: 1, features: dictionary });
encode({ type: "register", channel: "a", pid: 1, features: { chat: true }, version: undefined });
encode({ type: "heartbeat", channel: "a", pid: 1, rss_mb: 1 });
const own: Message<Features> = { type: "register", channel: "a", pid: 1, features };
const any: Message = { type: "register", channel: "a", pid: 1 };
export const lines: string[] = [encode(own), encode(any)];
// @ts-expect-error a string is no flag
encode({ type: "register", channel: "a", pid: 1, features: { chat: "yes" } });
// @ts-expect-error a string is no flag
encode({ type: "register", channel: "a", pid: 1, features: mixed });
// @ts-expect-error a heartbeat has no model
encode({ type: "heartbeat", channel: "a", pid: 1, model: "m" });
// @ts-expect-error a message has a channel
encode({ type: "heartbeat", pid: 1 });

const result: DecodeResult = decodeLine(new Uint8Array(0));
if (result.ok) {
  const again: string = encode(result.message);
  if (result.message.type === "register") {
    const registered: DecodedRegister = result.message;
    const chat: boolean | undefined = registered.features["chat"];
    const names: string[] = Object.keys(result.message.features);
    void [again, chat, names];
  }
} else {
  const reason: RejectionReason = result.reason;
  void [reason, result.field, rejectionReasons.indexOf(reason)];
}
const options: LineDecoderOptions = { maxLineBytes };
new LineDecoder(options).push(new Uint8Array(0), ({ ok }) => void ok);

const settings: MonitorClientOptions = { socketPath: undefined, version: "1" };
const client = new MonitorClient("a", 1, settings);
const usage: LlmUsageReport = { model: "m", feature: "f", tokensIn: 1, tokensOut: 2, latencyMs: undefined };
const stats: MonitorClientStats = client.stats();
const disposable: { [Symbol.dispose](): void; [Symbol.asyncDispose](): PromiseLike<void> } = client;
void [client.register(dictionary), client.logLlmUsage(usage), stats.sent, disposable];
registerWithMonitor("a", 1, featuresToDict({ isEnabled: () => true }, [{ config_key: "chat" }]));
new HeartbeatTask("a", 1).start();
export async function test(monitor: RecordingMonitor, others: [AbsentMonitor, FrozenMonitor], logger: Logger) {
  const messages: readonly DecodedMessage[] = await monitor.waitFor((all) => all.length > 0);
  const flags: Record<string, boolean> | undefined = monitor.ofType("register")[0]?.features;
  return [messages, flags, others, logger];
}
`;

const require = createRequire(import.meta.url);
const apart = createRequire(join(packageFolder, "compilers", "package.json"));
const tscOf = (resolve: NodeJS.Require, name: string) =>
  join(dirname(resolve.resolve(`${name}/package.json`)), "bin", "tsc");
/** The one that the guide and the READMEs name is the lowest. */
const compilers = {
  "TypeScript 4.9": tscOf(apart, "typescript-lowest"),
  "the TypeScript of this repository": tscOf(require, "typescript"),
  "TypeScript 7": tscOf(apart, "typescript-newest"),
};
const nodenext = { module: "nodenext", moduleResolution: "nodenext" };
const node10 = { module: "commonjs", moduleResolution: "node" };
const bundler = { module: "esnext", moduleResolution: "bundler" };
const nodeTypes = { types: ["node"], typeRoots: [join(packageFolder, "node_modules", "@types")] };
/** The library declares some of what the types of Node and of the client do. */
const besides = { lib: ["esnext"], ...nodeTypes };

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kissbot-typescript-"));
  mkdirSync(join(folder, "node_modules", "@kissbot"), { recursive: true });
  symlinkSync(packageFolder, join(folder, "node_modules", "@kissbot", "client"));
  const protocol = join(packageFolder, "node_modules", "@kissbot", "protocol");
  symlinkSync(protocol, join(folder, "node_modules", "@kissbot", "protocol"));
  for (const type of ["module", "commonjs"]) {
    mkdirSync(join(folder, type));
    writeFileSync(join(folder, type, "package.json"), `{ "private": true, "type": "${type}" }`);
    writeFileSync(join(folder, type, "main.ts"), program);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Without `skipLibCheck`, so that the declarations themselves are checked. */
test.each<[keyof typeof compilers, string, "module" | "commonjs", object]>([
  ["TypeScript 4.9", "nodenext", "module", nodenext],
  ["TypeScript 4.9", "nodenext", "commonjs", nodenext],
  ["TypeScript 4.9", "node10", "commonjs", { ...node10, ...nodeTypes }],
  ["the TypeScript of this repository", "nodenext", "module", { ...nodenext, ...besides }],
  ["TypeScript 7", "nodenext", "module", { ...nodenext, ...besides }],
  ["TypeScript 7", "nodenext", "commonjs", nodenext],
  ["TypeScript 7", "bundler", "module", bundler],
])(
  "the published types compile with %s, resolution %s, in a package of type %s [client/F34]",
  async (compiler, _, type, options) => {
    const common = { noEmit: true, strict: true, target: "es2022", lib: ["es2022"], types: [] };
    const project = join(folder, type, "tsconfig.json");
    writeFileSync(
      project,
      JSON.stringify({ compilerOptions: { ...common, ...options }, files: ["main.ts"] }),
    );
    const { code, stdout, stderr } = await new Child([compilers[compiler], "--project", project]).exited;
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
  },
  120_000,
);
