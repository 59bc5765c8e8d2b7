import { httpAddressText } from "../../config/http-address.js";
import { placeNames } from "../../config/running-places.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "../command-context.js";
import { settingsOf } from "../command-settings.js";
import { findingLine } from "../finding-line.js";
import { placeRecord } from "../place-note.js";
import { type Finding, type Level, levels } from "./finding.js";
import { checkFleet } from "./fleet-check.js";
import { checkHttp } from "./http-check.js";
import { checkListeners } from "./listener-check.js";
import { placeFindings } from "./place-finding.js";
import { checkPrices } from "./price-check.js";
import { checkRoundTrip } from "./round-trip-check.js";
import { checkSocket } from "./socket-check.js";
import { checkStore } from "./store-check.js";
import { checkSystem } from "./system-check.js";

/**
 * Looks at everything a monitor needs, one line each. Changes nothing but for the throw-away bot,
 * where a monitor runs.
 */
export async function runDoctor(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal, nowMs } = context;
  const settings = await settingsOf(context, options, placeNames, true);
  const { socketPath, store, http: address, origins } = settings;
  const found: Finding[] = [];
  const tell = (findings: readonly Finding[]) => {
    found.push(...findings);
    if (options["json"] !== true)
      for (const finding of findings) terminal.print(findingLine(finding, terminal));
  };
  tell(placeFindings(settings));
  tell(checkSystem(settings));
  const socket = await checkSocket(settings);
  tell(socket.findings);
  tell(await checkListeners(settings));
  tell(await checkStore(settings, nowMs()));
  tell(await checkFleet(settings));
  tell(await checkPrices(settings));
  const http = await checkHttp(settings, socket.answers);
  tell(http.findings);
  if (options["roundTrip"] !== false && socket.answers && http.client !== null) {
    tell([await checkRoundTrip(settings.socketPath, http.client)]);
  }
  const counts = Object.fromEntries(
    levels.map((level) => [level, found.filter((finding) => finding.level === level).length]),
  ) as Record<Level, number>;
  const places = {
    socket: placeRecord(socketPath, origins.socketPath),
    store: placeRecord(store, origins.store),
    http: placeRecord(address === null ? null : httpAddressText(address), origins.http),
  };
  if (options["json"] === true) terminal.printJson({ ok: counts.fail === 0, counts, places, checks: found });
  else terminal.print(`\n${counts.ok} ok, ${counts.warn} to look at, ${counts.fail} wrong`);
  return counts.fail === 0 ? exitCodes.ok : exitCodes.problem;
}
