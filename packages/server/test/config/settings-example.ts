import { keyOf, type Setting } from "../../src/config/setting.js";
import { settingTable } from "../../src/config/setting-table.js";
import { descriptionOf } from "./settings-schema.js";

const width = 100;

const head = `# Settings of KissBot Monitor: each one stands here with its default, or with an example where there
# is none to write. Remove the "#" before a key to set it. A plain number of a duration is seconds.
# Copy this file to /etc/kissbot/monitor.yaml; "kissbot-monitor config check" says what is wrong in it.
# yaml-language-server: $schema=monitor.schema.json
monitoring:`;

/**
 * An example of a config file with every setting commented out, made from the table of settings.
 */
export function settingsExample(): string {
  const lines = [head];
  let group = "";
  for (const setting of Object.values(settingTable) as Setting<unknown>[]) {
    if (setting.group !== group) lines.push("", `  # === ${setting.group} ===`);
    group = setting.group;
    lines.push("", ...wrapped(descriptionOf(setting)));
    lines.push(`  #${keyOf(setting.flag)}: ${setting.example ?? setting.fallbackText}`);
  }
  const sections = [
    ["Several users", "A socket for each further user, with what may be reported over it.", sampleListeners],
    ["Alerts", "Who is told of what, and when.", sampleAlerts],
  ] as const;
  for (const [title, help, sample] of sections)
    lines.push("", `  # === ${title} ===`, "", ...wrapped(help), `  #${sample}`);
  return `${lines.join("\n")}\n`;
}

const sampleListeners =
  'listeners: [{ principal: team_b, socket: /run/kissbot/team_b/monitor.sock, channels: ["team_b_*"], max_bots: 50 }]';

const sampleAlerts =
  "alerts: { receivers: { ops: { exec: { command: [/usr/local/bin/notify] } } }, rules: { down: { for: 45s } } }";

function wrapped(text: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) as string;
    if (`  # ${last} ${word}`.length > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines.map((line) => `  # ${line}`);
}
