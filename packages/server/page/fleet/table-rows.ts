import type { Bot } from "./bot.js";
import type { BotGroup } from "./grouping.js";

/** One row of the table: the head of a group, or a bot. */
export type TableRow =
  | { readonly kind: "group"; readonly name: string; readonly size: number; readonly down: number }
  | { readonly kind: "bot"; readonly bot: Bot };

/** Rows by a key that tells the same row of another moment. */
export function rowsOf(
  bots: readonly Bot[],
  groups: readonly BotGroup[] | null,
  isClosed: (name: string) => boolean,
): ReadonlyMap<string, TableRow> {
  const rows = new Map<string, TableRow>();
  if (groups === null) {
    for (const bot of bots) rows.set(bot.channel, { kind: "bot", bot });
    return rows;
  }
  for (const { name, bots: members, down } of groups) {
    rows.set(`group\n${name}`, { kind: "group", name, size: members.length, down });
    if (isClosed(name)) continue;
    for (const bot of members) rows.set(`${name}\n${bot.channel}`, { kind: "bot", bot });
  }
  return rows;
}

/** The channel of a row's key; a channel has no line break. */
export function channelOf(key: string): string {
  return key.slice(key.indexOf("\n") + 1);
}

/** What draws the rows: their keys in order, the row of each, and how to fold or unfold a group. */
export interface RowParts {
  readonly shown: readonly string[];
  readonly rowOf: (key: string) => TableRow | undefined;
  readonly toggle: (name: string) => void;
}
