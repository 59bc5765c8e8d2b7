import { useState } from "preact/hooks";
import { copyText } from "../frame/copy-text.js";
import { usePage } from "../frame/page-context.js";
import { plainText } from "../frame/plain-text.js";
import { amountOf, countText } from "../frame/quantity-text.js";
import { conditionWords } from "./condition-mark.js";
import { type BotGroup, groupings } from "./grouping.js";
import { sortings } from "./sorting.js";
import { conditions } from "./worst-first.js";

export const searchId = "search";

const sortWords: Readonly<Record<(typeof sortings)[number], string>> = {
  worst: "worst first",
  channel: "channel",
  cpu: "CPU",
  mb: "memory",
  restarts: "restarts",
  cost: "cost",
  heard: "longest unheard",
};

const mostGroups = 6;

interface FleetToolsProps {
  readonly shown: number;
  readonly groups: readonly BotGroup[] | null;
  readonly hasCosts: boolean;
}

/** Search, grouping and order; all of it in the URL. */
export function FleetTools({ shown, groups, hasCosts }: FleetToolsProps) {
  const page = usePage();
  const { query, status, group, sort } = page.route.value;
  const condition = conditions.find((one) => one === status);
  const total = page.fleet.size;
  return (
    <div class="tools">
      <input
        id={searchId}
        type="search"
        value={query}
        placeholder={`Search ${amountOf(total, "bot")}`}
        aria-label="Search"
        aria-keyshortcuts="/"
        title="Words of the channel, and tokens: status:dead version:1.4 feature:weather cpu>50 mb>200 restarts>3 -status:online"
        autocomplete="off"
        spellcheck={false}
        onInput={({ currentTarget }) => page.adjust({ query: currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          if (query === "") event.currentTarget.blur();
          else page.adjust({ query: "" });
        }}
      />
      <label>
        <span class="unseen">Group</span>
        <select value={group} onChange={({ currentTarget }) => page.go({ group: currentTarget.value })}>
          <option value="">no groups</option>
          {groupings.map((one) => (
            <option key={one} value={one}>
              by {one}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="unseen">Order</span>
        <select value={sort} onChange={({ currentTarget }) => page.go({ sort: currentTarget.value })}>
          {sortings
            .filter((one) => one !== "cost" || hasCosts)
            .map((one) => (
              <option key={one} value={one === "worst" ? "" : one}>
                {sortWords[one]}
              </option>
            ))}
        </select>
      </label>
      <CopyLink />
      {condition !== undefined && (
        <button type="button" class="chip" onClick={() => page.go({ status: "" })}>
          only {conditionWords[condition]} <span aria-hidden="true">×</span>
          <span class="unseen">: show all</span>
        </button>
      )}
      <span class="dim" role="status">
        {shown === total ? amountOf(total, "bot") : `${countText(shown)} of ${amountOf(total, "bot")}`}
      </span>
      {groups !== null && (
        <span class="dim groups">
          {groups
            .slice(0, mostGroups)
            .map(({ name, bots, down }) => {
              const label = name === "" ? "other" : plainText(name);
              return `${label} ${countText(bots.length)}${down > 0 ? ` (${countText(down)} down)` : ""}`;
            })
            .join(" · ")}
          {groups.length > mostGroups && " · …"}
        </span>
      )}
    </div>
  );
}

function CopyLink() {
  const [isCopied, setIsCopied] = useState(false);
  return (
    <button
      type="button"
      onBlur={() => setIsCopied(false)}
      onClick={() => {
        void copyText(window.location.href).then(setIsCopied);
      }}
    >
      {isCopied ? "Copied" : "Copy link"}
    </button>
  );
}
