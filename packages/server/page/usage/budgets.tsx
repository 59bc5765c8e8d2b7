import { BotText } from "../frame/bot-text.js";
import { amountOf } from "../frame/quantity-text.js";
import { Section } from "../frame/section.js";
import { TableHead } from "../frame/table-head.js";
import { unknownText } from "../frame/time-text.js";
import { useAnswer } from "../frame/use-answer.js";
import { countOf, listOf, numberOf, textOf } from "../link/summary.js";
import { dollarText, shareText } from "./cost-text.js";

type Json = Readonly<Record<string, unknown>>;

/**
 * How much of each budget is spent, which steps that passed, and what is expected at the period's
 * end.
 */
export function Budgets() {
  const budgets = listOf(useAnswer("api/v1/budgets?top=20")?.["budgets"]);
  if (budgets.length === 0) return null;
  return (
    <Section title="Budgets">
      <table class="plain">
        <TableHead names={["budget", "spent", "expected"]} />
        <tbody>{budgets.map(rowsOf)}</tbody>
      </table>
    </Section>
  );
}

function rowsOf(budget: Json) {
  const name = textOf(budget["name"]) ?? "";
  const standings = listOf(budget["standings"]);
  const more = countOf(budget["keys"]) - standings.length;
  const title = (key: string | null) => (
    <th scope="row">
      <BotText text={name} /> {key !== null && <BotText text={key} />}{" "}
      <small class="dim">{textOf(budget["period"])}</small>
    </th>
  );
  return [
    ...standings.map((standing) => (
      <tr key={JSON.stringify([name, standing["key"]])}>
        {title(textOf(standing["key"]))}
        <Standing standing={standing} usd={countOf(budget["usd"])} />
      </tr>
    )),
    (budget["known"] !== true || more > 0) && (
      <tr key={name}>
        {title(null)}
        <td colSpan={2}>
          {more > 0 ? `and ${amountOf(more, "more", "more")}` : "What was spent so far is being added up."}
        </td>
      </tr>
    ),
  ];
}

function Standing({ standing, usd }: { readonly standing: Json; readonly usd: number }) {
  const spent = countOf(standing["spent_usd"]);
  const forecast = numberOf(standing["forecast_usd"]);
  const coverage = numberOf(standing["cost_coverage"]);
  const steps = listOf(standing["steps"]);
  const passed = steps.filter((step) => step["passed"] === true).at(-1);
  const told = [passed?.["told"] ?? [], standing["forecast_told"] ?? []].flat();
  const isOver = spent >= usd;
  return (
    <>
      <td class="wide">
        <span class={isOver ? "bad" : ""}>
          {standing["at_least"] === true && "at least "}
          {dollarText(spent)}
        </span>{" "}
        of {dollarText(usd)} ({shareText(spent, usd)})
        <small class="dim">
          {passed !== undefined && `, passed ${passed["pct"]} %`}
          {told.length > 0 && (
            <>
              , told <BotText text={[...new Set(told)].join(", ")} />
            </>
          )}
          {coverage !== null && coverage < 1 && `, cost of ${shareText(coverage, 1)} of tokens known`}
        </small>
        <div class="gauge" aria-hidden="true">
          <div
            class={isOver ? "bar over" : "bar"}
            style={{ width: `${Math.min(100, (100 * spent) / usd)}%` }}
          />
          {steps.map((step) => (
            <i key={`${step["pct"]}`} style={{ left: `${Math.min(100, countOf(step["pct"]))}%` }} />
          ))}
        </div>
      </td>
      <td class={forecast !== null && forecast > usd ? "bad" : ""}>
        {forecast === null ? unknownText : dollarText(forecast)}
      </td>
    </>
  );
}
