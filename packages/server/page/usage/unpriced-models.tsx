import { BotText } from "../frame/bot-text.js";
import { Command } from "../frame/command.js";
import { visibleEscapes } from "../frame/plain-text.js";
import { countText } from "../frame/quantity-text.js";
import { Section } from "../frame/section.js";
import { TableHead } from "../frame/table-head.js";
import { countOf, textOf } from "../link/summary.js";

interface UnpricedModelsProps {
  /** As the API names them. */
  readonly models: readonly Readonly<Record<string, unknown>>[];
}

/** Models whose cost is not known: why, and the lines of the config file that settle it. */
export function UnpricedModels({ models }: UnpricedModelsProps) {
  if (models.length === 0) return null;
  const lines = models.flatMap((row) => textOf(row["settle"]) ?? []);
  return (
    <>
      <Section title="Without a price">
        <table class="plain amounts">
          <TableHead names={["model", "why", "tokens"]} />
          <tbody>
            {models.map((row) => {
              const model = textOf(row["model"]) ?? "";
              const provider = textOf(row["provider"]);
              return (
                <tr key={JSON.stringify([model, provider])}>
                  <th scope="row">
                    <BotText text={model} />
                    {provider !== null && (
                      <small class="dim">
                        {" "}
                        of <BotText text={provider} />
                      </small>
                    )}
                  </th>
                  <td class="wide">
                    {textOf(row["why"]) ?? "it has a price now, but had none at its calls"}
                  </td>
                  <td>{countText(countOf(row["tokens"]))}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Section>
      {lines.length > 0 && (
        <Command
          title="What settles it, in the config file below monitoring: (DOLLARS are per 1M tokens)"
          text={`prices:\n${lines.map((line) => `  ${visibleEscapes(line)}\n`).join("")}`}
        />
      )}
    </>
  );
}
