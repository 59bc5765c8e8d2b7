import { environmentName, fileFlagOf, fileKeys, keyOf, type Setting } from "../../src/config/setting.js";
import { settingTable } from "../../src/config/setting-table.js";

/** The table of all settings for the documentation; a test compares it with what stands there. */
export function settingsMarkdown(): string {
  const head = ["flag", "environment", "key under `monitoring:`", "default", "what it sets"];
  const rows = (Object.values(settingTable) as Setting<unknown>[]).flatMap((setting) => {
    const { flag, argument, fallbackText, help, offFlag, offHelp, secret } = setting;
    const keys = fileKeys(setting);
    const named = (names: readonly string[]) => names.map(code).join(" or ");
    const row = [code(`--${flag} ${argument}`), code(environmentName(flag)), named(keys), fallbackText, help];
    const fileFlag = fileFlagOf(flag);
    const fileRow = [
      code(`--${fileFlag} <path>`),
      code(environmentName(fileFlag)),
      named(keys.map((key) => fileFlagOf(key, "_"))),
      "",
      "a file that holds it",
    ];
    if (secret) return [row, fileRow];
    if (offFlag === undefined) return [row];
    const off = [
      code(`--${offFlag}`),
      code(`${environmentName(offFlag)}=1`),
      code(`${keyOf(offFlag)}: true`),
    ];
    return [row, [...off, "", offHelp ?? `no ${flag.toUpperCase()} at all`]];
  });
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
