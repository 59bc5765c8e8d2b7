import type { LocalPeriod } from "./local-calendar.js";

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** `on 2026-11-26`, `in week 48 of 2026`, `in November 2026` */
export function periodText({ kind, name }: Pick<LocalPeriod, "kind" | "name">): string {
  const year = name.slice(0, 4);
  if (kind === "day") return `on ${name}`;
  if (kind === "week") return `in week ${Number(name.slice(6))} of ${year}`;
  return `in ${months[Number(name.slice(5)) - 1]} ${year}`;
}

/** `$40.10`, to the nearest; two places that say something for less than a dime. */
export function usdText(usd: number): string {
  const digits = usd > 0 && usd < 0.1 ? Math.min(9, 1 - Math.floor(Math.log10(usd))) : 2;
  return `$${usd.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** `80 %`: never more than it is. */
export function shareText(share: number): string {
  return `${Math.floor(share * 100 * (1 + 1e-9)).toLocaleString("en-US")} %`;
}

/** What must not be left out where a sum is told. */
export function coverageText(coverage: number | null): string {
  return coverage === null ? "no tokens were reported" : `cost of ${shareText(coverage)} of tokens known`;
}
