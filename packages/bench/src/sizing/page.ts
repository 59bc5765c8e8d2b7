import { markdownFromTable, type Table } from "../table.js";

/**
 * A page of the documentation with these tables in the place of those of the same titles, each with
 * its day. Throws where the page has no table of a title.
 */
export function pageWith(page: string, tables: readonly Table[], day: string): string {
  return tables.reduce((text, table) => {
    const dated = { ...table, method: `${table.method} Measured on ${day}.` };
    const [before, rest] = text.split(`### ${table.title}\n`);
    if (before === undefined || rest === undefined) throw new Error(`the page has no table "${table.title}"`);
    const next = rest.search(/^#{1,3} /m);
    const behind = next < 0 ? "" : `\n${rest.slice(next)}`;
    return `${before}${markdownFromTable(dated).trimEnd()}\n${behind}`;
  }, page);
}
