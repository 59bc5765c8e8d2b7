import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { httpAddressFrom } from "../../config/http-address.js";
import { UsageError } from "../../config/usage-error.js";
import { quotedText } from "../../quoted-text.js";
import { ApiClient } from "../api-client.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "../command-context.js";
import { CommandError } from "../command-error.js";
import { stopRequest } from "../stop-request.js";
import { DemoFleet } from "./demo-fleet.js";
import { DemoMonitor } from "./demo-monitor.js";
import { demoReport } from "./demo-report.js";
import { DemoScreen } from "./demo-screen.js";

const refreshMs = 1_000;

/**
 * A monitor and a simulated fleet as real processes, in a temporary folder with its own socket and
 * port. All of it is gone at the end: processes end with their stdin, so even a killed demo leaves
 * none behind; the folder is removed unless the demo itself was killed with -9.
 */
export async function runDemo(context: CommandContext, options: Options): Promise<ExitCode> {
  const { bots, seconds, port } = wishesFrom(options);
  const { terminal } = context;
  const folder = mkdtempSync(join(tmpdir(), "kissbot-demo-"));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder);
  const request = stopRequest({ withStdin: false });
  // What the demo started is to end in order, also when its terminal is closed.
  if (terminal.isInteractive) terminal.whenClosed = "go_on";
  if (options["json"] !== true) terminal.print(`Starting a monitor and ${bots} bots in ${folder} ...`);
  const monitor = new DemoMonitor(folder, port);
  const fleet = new DemoFleet(monitor.socketPath, bots);
  let screen: DemoScreen | null = null;
  try {
    const url = await Promise.race([monitor.url(), request.made.then(() => null)]);
    if (url === null) return exitCodes.ok;
    const client = new ApiClient(httpAddressFrom(url.replace("http://", "")) ?? { host: "", port: 0 }, null);
    screen = new DemoScreen(
      { url, socketPath: monitor.socketPath, channels: fleet.channels, options },
      context,
    );
    fleet.start();
    const endsAtMs = performance.now() + seconds * 1_000;
    let ended: string | null = null;
    void request.made.then((reason) => {
      ended = reason;
    });
    void monitor.ended.then(() => {
      ended ??= "the monitor";
    });
    // A terminal that is gone, and no signal said so.
    process.stdout.once("error", () => {
      ended ??= "the end of the terminal";
    });
    while (ended === null && performance.now() < endsAtMs) {
      const report = await demoReport(client);
      if (report !== null) screen.show(report);
      await Promise.race([delay(refreshMs), request.made, monitor.ended]);
    }
    screen.leave();
    if (ended === "the monitor") throw new CommandError(`the demo's monitor ended: ${monitor.lastWords()}`);
    screen.end();
    return exitCodes.ok;
  } finally {
    screen?.leave();
    await Promise.all([fleet.stop(), monitor.stop()]);
    removeFolder();
    process.removeListener("exit", removeFolder);
    request.dispose();
  }
}

interface Wishes {
  readonly bots: number;
  readonly seconds: number;
  readonly port: number;
}

function wishesFrom(options: Options): Wishes {
  const problems: string[] = [];
  const whole = (name: string, least: number, most: number, otherwise: number) => {
    if (options[name] === undefined) return otherwise;
    const text = String(options[name]);
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    problems.push(`--${name}: expected a whole number from ${least} to ${most}; got ${quotedText(text)}`);
    return otherwise;
  };
  const wishes = {
    bots: whole("bots", 1, 200, 20),
    seconds: whole("seconds", 1, 86_400, Number.POSITIVE_INFINITY),
    port: whole("port", 0, 65_535, 0),
  };
  if (problems.length > 0) throw new UsageError(problems);
  return wishes;
}
