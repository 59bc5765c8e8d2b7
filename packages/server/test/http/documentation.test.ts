import { readFileSync } from "node:fs";
import { get } from "node:http";
import { until } from "@kissbot/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiErrorCodes } from "../../src/http/api-error.js";
import { Documented } from "./documented.js";
import { noonMs } from "./plain-fleet.js";

const page = readFileSync(new URL("../../../../docs/http-api.md", import.meta.url), "utf8");
const base = "http://127.0.0.1:7788";

/** The sections, by what stands in their heading. */
const sections = page.split(/^## /m).slice(1);

/** Each request with the answer below it. */
const examples = [...page.matchAll(/^```sh\n(.*)\n```\n+```json\n([\s\S]*?)\n```$/gm)].map(
  ([, command = "", answer = ""]) => ({ command, answer }),
);

let documented: Documented;

beforeAll(async () => {
  documented = await Documented.start();
});

afterAll(() => documented[Symbol.asyncDispose]());

function pathOf(command: string): string {
  const [, path] = new RegExp(`^curl '?${base}([^' ]*)'?$`).exec(command) ?? [];
  if (path === undefined) throw new Error(`not a request of one line: ${command}`);
  return path;
}

describe("docs/http-api.md", () => {
  test.each(examples.map(({ command, answer }) => [command, answer] as const))(
    "%s is answered as it shows",
    async (command, answer) => {
      const { body } = await documented.served.ask(pathOf(command));
      expect(JSON.parse(answer)).toEqual(body);
    },
  );

  test("has an example of every route that answers with JSON, the document itself aside", () => {
    const { contract } = documented.served;
    const shown = new Set(examples.map(({ command }) => contract.pathOf(pathOf(command))));
    const others = ["/metrics", "/api/v1/stream", "/api/v1/openapi.json"];
    const all = Object.entries(contract.document.paths).flatMap(([path, { get }]) =>
      get === undefined || others.includes(path) ? [] : [path],
    );
    expect(all.filter((path) => !shown.has(path))).toEqual([]);
  });

  test("has every block of code tested: requests with their answers, and the stream", () => {
    const blocks = [...page.matchAll(/^```(\w+)$/gm)].map(([, language]) => language);
    const [json, sh] = ["json", "sh"].map((language) => blocks.filter((one) => one === language).length);
    expect(json).toBe(examples.length);
    expect(blocks.filter((one) => one === "text").length).toBe(1);
    // Beside the examples: one request each for metrics, the stream and with a token.
    expect(sh).toBe(examples.length + 3);
    expect(blocks.filter((one) => !["json", "sh", "text"].includes(one ?? ""))).toEqual([]);
  });

  test("names every parameter of every route, and no other", () => {
    for (const [path, { get, post }] of Object.entries(documented.served.contract.document.paths)) {
      const heading = `${get === undefined ? "POST" : "GET"} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`;
      const section = sections.find((one) => one.startsWith(`${heading}\n`));
      expect(section, heading).toBeDefined();
      const rows = [...(section ?? "").matchAll(/^\| `(?!kissbot_)(\w+)` \|/gm)].map(([, name]) => name);
      expect(rows, heading).toEqual(
        (get ?? post)?.parameters.filter((one) => one.in === "query").map(({ name }) => name),
      );
    }
  });

  test("names every error code with its status, and no other", () => {
    const rows = [...page.matchAll(/^\| (\d{3}) \| `(\w+)` \|/gm)].map(([, status, code]) => [
      code,
      Number(status),
    ]);
    expect(Object.fromEntries(rows)).toEqual(apiErrorCodes);
  });

  test("names every metric with its labels, and no other", async () => {
    const scraped = await documented.counted.scrape();
    const labels = (name: string) =>
      [
        ...new Set(
          [...scraped.of(name), ...scraped.of(`${name}_count`)].flatMap(([names]) => Object.keys(names)),
        ),
      ].sort();
    const real = [...scraped.types].flatMap(([name, type]) =>
      name.startsWith("kissbot_") ? [[name, type, labels(name).join(", ")]] : [],
    );
    const rows = [...page.matchAll(/^\| `(kissbot_\w+)` \| (\w+) \| (.*?) \|/gm)].map(
      ([, name, type, names = ""]) => [
        name,
        type,
        [...names.matchAll(/`(\w+)`/g)]
          .map(([, label]) => label)
          .sort()
          .join(", "),
      ],
    );
    expect(rows.sort()).toEqual(real.sort());
  });

  test("shows the stream as it is", async () => {
    const [, shown = ""] = /^```text\n([\s\S]*?)^```$/m.exec(page) ?? [];
    let text = "";
    const request = get(`${documented.served.url}/api/v1/stream`, { agent: false }, (response) => {
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
    });
    try {
      await until("the snapshot", () => text.endsWith("\n\n"));
      const { fleet } = documented.counted;
      const channel = "twitch/summit1g";
      const cause = "process 4711 is gone";
      const bot = fleet.change(channel, {
        status: "dead",
        statusSinceMs: noonMs + 121_000,
        statusCause: cause,
        causeCode: "process_gone",
        livedMs: 122_000,
      });
      documented.feed.statusChanged({
        tsMs: noonMs + 121_000,
        channel,
        pid: 4711,
        from: "online",
        to: "dead",
        cause,
        causeCode: "process_gone",
        previousPid: null,
        livedMs: 122_000,
      });
      documented.feed.botChanged(bot);
      await until("the change", () => text.includes("event: transition"));
      // Long data is cut off in the page.
      const line = (full: string) => full.replace(/^(data: .{160}).*$/, "$1…");
      expect(shown.trimEnd().split("\n")).toEqual(text.trimEnd().split("\n").map(line));
    } finally {
      request.destroy();
    }
  });
});
