import { expect, test } from "vitest";
import { nearestName } from "../../src/config/nearest-name.js";
import { settingKeys } from "../../src/config/resolve-settings.js";

test.each([
  ["soket_path", "socket_path"],
  ["stale_tiemout", "stale_timeout"],
  ["data_retention_day", "data_retention_days"],
  ["metric_intervall", "metrics_interval"],
  ["enable", "enabled"],
])("%s was meant to be %s", (given, meant) => {
  expect(nearestName(given, settingKeys)).toBe(meant);
});

test.each(["", "x", "http2_push_x", "discord_webhook", "on"])("%s is near to nothing", (given) => {
  expect(nearestName(given, settingKeys)).toBeUndefined();
});
