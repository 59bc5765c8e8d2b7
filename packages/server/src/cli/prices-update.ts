import { rename, rm, writeFile } from "node:fs/promises";
import process from "node:process";
import { UsageError } from "../config/usage-error.js";
import { mostPriceBytes, type PriceFile, priceFileFrom } from "../cost/price-file.js";
import { priceTableUrl } from "../cost/price-table.js";
import { openPrices, priceFileOf } from "../open-prices.js";
import { quotedText } from "../quoted-text.js";
import { type CommandContext, type ExitCode, exitCodes, type Options } from "./command-context.js";
import { CommandError } from "./command-error.js";
import { settingsOf } from "./command-settings.js";
import { countText } from "./quantity-text.js";

const timeoutMs = 60_000;

/**
 * Fetches the newest table of prices, the only command that does, and puts it beside the database
 * once all of it was checked. Whatever goes wrong, the file that was there stays.
 */
export async function runPricesUpdate(context: CommandContext, options: Options): Promise<ExitCode> {
  const { terminal } = context;
  const url = addressFrom(options["from"] ?? priceTableUrl);
  const settings = await settingsOf(context, options, ["store"]);
  const path = priceFileOf(settings.store);
  if (path === null) {
    throw new CommandError(
      "a monitor that keeps everything in memory: has no folder for a file of prices: name its database with --store",
    );
  }
  const before = (await openPrices({ store: settings.store, prices: [], defaultProvider: null })).version;
  const text = await fetchedText(url);
  const { version, models } = checked(text, url);
  await replaceFile(path, text);
  if (options["json"] === true) terminal.printJson({ file: path, version, before, models, from: url.href });
  else {
    const news = version === before ? "which the monitor had already" : `in the place of ${before}`;
    terminal.print(`${countText(models)} models of ${version}, ${news}: ${path}`);
    terminal.print(
      "A monitor that is running takes it over with kissbot-monitor reload, or with its next start.",
    );
  }
  return exitCodes.ok;
}

function addressFrom(given: unknown): URL {
  const text = String(given);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === "https:" || url.protocol === "http:")) return url;
  throw new UsageError([`--from: expected an address with https or http; got ${quotedText(text)}`]);
}

/** Whole, within a minute and within bounds; the message of an error is for people. */
async function fetchedText(url: URL): Promise<string> {
  const because = (why: string) => new CommandError(`no prices from ${url.href}: ${why}. The old ones stay`);
  try {
    const answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
    if (answer.status !== 200) throw because(`it answers with status ${answer.status}`);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      if (bytes > mostPriceBytes) throw because(`it is longer than ${countText(mostPriceBytes)} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { name, message, cause } = error as Error;
    if (name === "TimeoutError") throw because(`it did not answer within ${timeoutMs / 1_000} s`);
    throw because(cause instanceof Error ? cause.message : message);
  }
}

function checked(text: string, url: URL): PriceFile {
  try {
    return priceFileFrom(text);
  } catch (error) {
    throw new CommandError(
      `the prices from ${url.href} are refused: ${(error as Error).message}. The old ones stay`,
    );
  }
}

/**
 * The file is the old one or the new one at any time, also to a monitor that is just reading it.
 */
async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}.new`;
  try {
    await writeFile(fresh, text, { flush: true, mode: 0o644 });
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true });
    throw new CommandError(`cannot write ${path}: ${(error as Error).message}. The old prices stay`);
  }
}
