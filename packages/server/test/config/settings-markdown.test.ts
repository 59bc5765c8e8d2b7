import { expect, test } from "vitest";
import { environmentName, fileKeys, type Setting } from "../../src/config/setting.js";
import { settingTable } from "../../src/config/setting-table.js";
import { settingsMarkdown } from "./settings-markdown.js";

test("the table has a whole row for each setting, and none breaks it", () => {
  const rows = settingsMarkdown().split("\n");
  for (const row of rows) expect(row.split(" | ")).toHaveLength(5);
  for (const setting of Object.values(settingTable) as Setting<unknown>[]) {
    const row = rows.find((one) => one.startsWith(`| \`--${setting.flag} `));
    expect(row).toContain(`| \`${environmentName(setting.flag)}\` |`);
    for (const key of fileKeys(setting)) expect(row).toContain(`\`${key}\``);
    expect(row).toContain(`| ${setting.fallbackText} |`);
  }
});
