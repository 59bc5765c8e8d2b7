import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RecordingMonitor } from "@kissbot/client/testing";
import { Child, TemporaryFolder } from "@kissbot/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ProviderServer } from "./provider-server.js";

const here = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(join(here, "..", "..", "docs", "llm-calls.md"), "utf8");
const blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", text = ""]) => ({
  language,
  text,
}));
const recipes = blocks.flatMap(({ language, text }, i) => {
  const title = /from "(?!@kissbot)([^"]+)"/.exec(text)?.[1] ?? "fetch";
  return language === "js" ? [{ title: `${i} ${title}`, text, output: blocks[i + 1]?.text }] : [];
});

const place = new TemporaryFolder("recipes");
let server: ProviderServer;

beforeAll(async () => {
  server = await new ProviderServer("Hello!").start();
  // What a recipe imports is found as in a bot's own folder.
  mkdirSync(join(place.path, "node_modules"));
  for (const name of readdirSync(join(here, "node_modules"))) {
    if (!name.startsWith("."))
      symlinkSync(join(here, "node_modules", name), join(place.path, "node_modules", name));
  }
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

test("there is a recipe for each SDK", () => {
  expect(recipes.map(({ title }) => title.split(" ")[1]).sort()).toEqual(
    ["@ai-sdk/openai", "@anthropic-ai/sdk", "@google/genai", "fetch", "ollama", "openai", "openai"].sort(),
  );
});

test.each(recipes.map((recipe) => [recipe.title, recipe] as const))(
  "the recipe %s prints what the page says, and reports one call with its usage",
  async (title, { text, output }) => {
    await using monitor = await new RecordingMonitor().start();
    const file = join(place.path, `${title.replace(/\W/g, "-")}.mjs`);
    writeFileSync(file, text);
    const child = new Child(process.execPath, [file], {
      env: {
        KISSBOT_MONITOR_SOCKET: monitor.socketPath,
        KISSBOT_MONITOR_DISABLED: "0",
        OPENAI_API_KEY: "k",
        OPENAI_BASE_URL: `${server.url}/v1`,
        ANTHROPIC_API_KEY: "k",
        ANTHROPIC_BASE_URL: server.url,
        GEMINI_API_KEY: "k",
        GOOGLE_GEMINI_BASE_URL: server.url,
        OLLAMA_HOST: server.url,
      },
    });
    const exit = await child.exited;
    expect({ code: exit.code, stderr: exit.stderr }).toEqual({ code: 0, stderr: "" });
    expect(exit.stdout.trimEnd()).toBe(output?.trimEnd());
    await monitor.waitFor((messages) => messages.length > 0);
    expect(monitor.messages).toMatchObject([{ type: "llm_usage", feature: "chat" }]);
    expect(monitor.ofType("llm_usage")[0]?.tokens_in).toBeGreaterThan(0);
    expect(monitor.ofType("llm_usage")[0]?.tokens_out).toBeGreaterThan(0);
  },
);
