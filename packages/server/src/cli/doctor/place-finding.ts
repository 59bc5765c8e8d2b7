import { httpAddressText } from "../../config/http-address.js";
import type { CommandSettings } from "../command-settings.js";
import { originText } from "../place-note.js";
import { type Finding, ok } from "./finding.js";

/** Which socket, database and address are checked, and which setting named them. */
export function placeFindings({ socketPath, store, http, origins }: CommandSettings): Finding[] {
  return [
    ok("socket path", `${socketPath} (${originText(origins.socketPath)})`),
    ok("database path", `${store} (${originText(origins.store)})`),
    ok("HTTP address", `${http === null ? "off" : httpAddressText(http)} (${originText(origins.http)})`),
  ];
}
