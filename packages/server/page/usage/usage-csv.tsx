import { usePage } from "../frame/page-context.js";
import { csvOf } from "./csv.js";
import type { UsageSum } from "./llm-usage.js";
import type { UsageAnswer } from "./usage-question.js";

const heads = [
  "cost_usd",
  "cost_calls",
  "cost_tokens",
  "calls",
  "errors",
  "tokens_in",
  "tokens_out",
  "latency_ms_p50",
  "latency_ms_p95",
  "latency_ms_p99",
];

/** The table as a file, with exact numbers, and an empty cell for what is not known. */
export function UsageCsv(answer: UsageAnswer) {
  const page = usePage();
  const save = () => {
    const clock = page.zoneClock.value;
    const sums = (sum: UsageSum) => [
      sum.costUsd,
      sum.pricedCalls,
      sum.costTokens,
      sum.calls,
      sum.errors,
      sum.tokensIn,
      sum.tokensOut,
      ...(sum.latenciesMs ?? [null, null, null]),
    ];
    const { by, rows, rest } = answer;
    const lines = rows.map((row) => [
      by === "day" || by === "hour" ? clock.iso(row.tsMs ?? 0) : row[by],
      ...sums(row),
    ]);
    if (rest !== null) lines.push(["all others", ...sums(rest)]);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csvOf([[by, ...heads], ...lines])], { type: "text/csv" }));
    link.download = `usage-by-${by}-${answer.period}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <button type="button" onClick={save}>
      CSV
    </button>
  );
}
