import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { settingsMarkdown } from "./settings-markdown.js";

test("docs/configuration.md has the table of all settings", () => {
  const page = readFileSync(new URL("../../../../docs/configuration.md", import.meta.url), "utf8");
  const [, table] = /<!-- settings -->\n([\s\S]*)\n<!-- \/settings -->/.exec(page) ?? [];
  expect(table).toBe(settingsMarkdown());
});
