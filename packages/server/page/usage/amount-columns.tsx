import type { ComponentChildren } from "preact";
import { countText } from "../frame/quantity-text.js";
import { quickText } from "../frame/time-text.js";
import { costText, coverageText, shareText } from "./cost-text.js";
import type { UsageSum } from "./llm-usage.js";
import type { Measure } from "./usage-question.js";

interface AmountColumn {
  readonly name: string;
  /** Which measure it shows, where one can be ordered by it. */
  readonly measure: Measure | null;
  /** A phone is spared some. */
  readonly className: "" | "spare";
  readonly text: (sum: UsageSum) => ComponentChildren;
}

const tokensText = (count: number | null) => (count === null ? "?" : countText(count));

/** The columns of each table of calls. */
export const amountColumns: readonly AmountColumn[] = [
  { name: "cost", measure: "cost", className: "", text: costText },
  { name: "cost known", measure: null, className: "spare", text: coverageText },
  { name: "calls", measure: "calls", className: "", text: ({ calls }) => countText(calls) },
  { name: "failed", measure: null, className: "spare", text: failedText },
  { name: "p50 / p95 / p99", measure: null, className: "spare", text: latencyText },
  {
    name: "tokens in",
    measure: "tokens",
    className: "spare",
    text: ({ tokensIn }) => tokensText(tokensIn),
  },
  { name: "out", measure: null, className: "spare", text: ({ tokensOut }) => tokensText(tokensOut) },
];

/** What half, 95 % and 99 % of the calls took at most: `700 ms / 1.2 s / 9.1 s`. */
export function latencyText({ latenciesMs }: UsageSum): string {
  return latenciesMs?.map(quickText).join(" / ") ?? "?";
}

function failedText({ errors, calls }: UsageSum) {
  if (errors === 0) return "0";
  return (
    <span class="bad">
      {countText(errors)} ({shareText(errors, calls)})
    </span>
  );
}

export function AmountCells({ sum }: { readonly sum: UsageSum }) {
  return (
    <>
      {amountColumns.map(({ name, className, text }) => (
        <td key={name} class={className}>
          {text(sum)}
        </td>
      ))}
    </>
  );
}
