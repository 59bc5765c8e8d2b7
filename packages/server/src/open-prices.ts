import { readFile, stat } from "node:fs/promises";
import { nearestName } from "./config/nearest-name.js";
import type { ResolvedSettings } from "./config/resolve-settings.js";
import type { Settings } from "./config/settings.js";
import { UsageError } from "./config/usage-error.js";
import { PriceBook } from "./cost/price-book.js";
import { mostPriceBytes, type PriceFile, priceFileFrom } from "./cost/price-file.js";
import { loadPriceTable, priceTableDateMs, priceTableVersion } from "./cost/price-table.js";
import { unknownNames } from "./cost/unknown-names.js";

export interface OpenedPrices {
  readonly book: PriceBook;
  /** Of the table that is used. */
  readonly version: string;
  /** The file that the table was read from; null for the one that comes with the program. */
  readonly file: string | null;
  /** For people: a file of prices that is left out, and why. */
  readonly notices: readonly string[];
}

type PriceSettings = Pick<Settings, "store" | "prices" | "defaultProvider">;

export interface OpenPricesOptions {
  /** Where the settings are written, for sentences on what is wrong in them. */
  readonly places?: Pick<ResolvedSettings, "leaves" | "origins">;
  /**
   * What to do with a broken file of prices: take the table that comes with the program and say so,
   * or throw, for a monitor that has prices already.
   */
  readonly broken?: "left_out" | "thrown";
}

/** The file of prices of a monitor, beside its database; null where it keeps none. */
export function priceFileOf(store: string): string | null {
  return store === "memory:" ? null : `${store}.prices.json`;
}

/**
 * Reads the table of prices, and puts the operator's before it. Nothing is fetched. Throws
 * UsageError where these name what is not in the table.
 */
export async function openPrices(
  settings: PriceSettings,
  { places, broken = "left_out" }: OpenPricesOptions = {},
): Promise<OpenedPrices> {
  const { prices: entries, defaultProvider } = settings;
  const notices: string[] = [];
  const file = priceFileOf(settings.store);
  let updated: PriceFile | null = null;
  try {
    updated = file === null ? null : await readPriceFile(file, notices);
  } catch (error) {
    const { message } = error as Error;
    if (broken === "thrown") throw new UsageError([`the file of prices ${file}: ${message}`]);
    notices.push(
      `The file of prices ${file} was left out: ${message}. "kissbot-monitor prices update" writes another.`,
    );
  }
  const version = updated?.version ?? priceTableVersion;
  const providers = updated?.providers ?? (await loadPriceTable());
  const book = new PriceBook(providers, entries, defaultProvider, version);
  const unknown = unknownNames(book, providers, { entries, defaultProvider }, nearestName);
  const problems = unknown.map(({ entry, sentence }) => {
    if (entry === null) return `${places?.origins.defaultProvider.name ?? "default_provider"}: ${sentence}`;
    const paths = [`prices[${entry}].like`, ...(entries.length === 1 ? ["prices.like"] : [])];
    const leaf = places?.leaves.find(({ path }) => paths.includes(path));
    return `${leaf?.place ?? paths[0]}: ${sentence}`;
  });
  if (problems.length > 0) throw new UsageError(problems);
  return { book, version, file: updated === null ? null : file, notices };
}

/** Null where there is none, or one that is older than the table that comes with the program. */
async function readPriceFile(path: string, notices: string[]): Promise<PriceFile | null> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (found === null) return null;
  // Opening a pipe would wait for its writer.
  if (!found.isFile()) throw new Error("it is no file");
  const { size, mtimeMs } = found;
  if (size > mostPriceBytes) throw new Error(`it has ${size} bytes, and ${mostPriceBytes} are the most`);
  if (mtimeMs < priceTableDateMs) {
    notices.push(
      `The file of prices ${path} was left out: ${priceTableVersion}, which comes with this program, is newer.`,
    );
    return null;
  }
  return priceFileFrom(await readFile(path, "utf8"));
}
