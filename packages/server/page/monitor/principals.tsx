import { BotText } from "../frame/bot-text.js";
import { ClockTime } from "../frame/clock-time.js";
import { wordsOf } from "../frame/plain-text.js";
import { amountOf, countText } from "../frame/quantity-text.js";
import { Section } from "../frame/section.js";
import { TableHead } from "../frame/table-head.js";
import { useAnswer } from "../frame/use-answer.js";
import { countOf, listOf, numberOf, textOf } from "../link/summary.js";

type Json = Readonly<Record<string, unknown>>;

/** Who reports over which socket, and what was shed of it. Nothing where nobody is configured. */
export function Principals() {
  const principals = listOf(useAnswer("api/v1/principals")?.["principals"]);
  if (principals.length === 0) return null;
  return (
    <Section title="Who reports">
      <table class="plain">
        <TableHead names={["principal", "shed", "bots", "connections", "rows per second", "received"]} />
        <tbody>
          {principals.map((one) => (
            <tr key={textOf(one["name"])}>
              <th scope="row">
                <BotText text={textOf(one["name"]) ?? ""} />
              </th>
              <Shed principal={one} />
              <Bounded amount={one["bots"]} most={one["max_bots"]} />
              <Bounded amount={one["connections"]} most={one["max_connections"]} />
              <Bounded amount={one["rows_per_second"]} most={one["max_rows_per_second"]} />
              <td>{countText(countOf(one["received"]))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** An amount, and its bound where there is one. */
function Bounded({ amount, most }: { readonly amount: unknown; readonly most: unknown }) {
  const bound = numberOf(most);
  const value = countOf(amount);
  return (
    <td class={bound !== null && value >= bound ? "bad" : ""}>
      {countText(value)}
      {bound !== null && <small class="dim"> of {countText(bound)}</small>}
    </td>
  );
}

/** What was shed and why, and where it connects. */
function Shed({ principal }: { readonly principal: Json }) {
  const shed = listOf(principal["shed"]);
  const refused = countOf(principal["refused_connections"]);
  const socket = textOf(principal["socket"]);
  const problem = textOf(principal["problem"]);
  const channels = (principal["channels"] as readonly string[] | undefined) ?? [];
  return (
    <td class="wide">
      {shed.length === 0 && refused === 0 && <div>none</div>}
      {shed.map((one) => (
        <div key={textOf(one["reason"])}>
          {countText(countOf(one["messages"]))} {wordsOf(textOf(one["reason"]) ?? "")}
          <small class="dim">
            , last <BotText text={textOf(one["channel"]) ?? ""} />{" "}
            <ClockTime ms={Date.parse(textOf(one["at"]) ?? "")} />
          </small>
        </div>
      ))}
      {refused > 0 && <div>{amountOf(refused, "connection")} refused</div>}
      {problem !== null && (
        <div class="bad">
          <BotText text={problem} />
        </div>
      )}
      <small class="dim">
        {socket === null ? "its listener was removed" : <BotText text={socket} />}, channels{" "}
        <BotText text={channels.join(" ")} />
      </small>
    </td>
  );
}
