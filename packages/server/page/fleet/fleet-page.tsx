import { useEffect, useMemo, useState } from "preact/hooks";
import { usePage } from "../frame/page-context.js";
import { MoneyLine } from "../usage/money-line.js";
import { useMoney } from "../usage/use-money.js";
import { attentionOf } from "./attention.js";
import { filterFrom } from "./bot-query.js";
import type { Costs } from "./bot-row.js";
import { BotTable } from "./bot-table.js";
import { conditionWords } from "./condition-mark.js";
import { EmptyFleet } from "./empty-fleet.js";
import { FleetTools } from "./fleet-tools.js";
import { groupsOf, isGrouping } from "./grouping.js";
import { headlineOf } from "./headline.js";
import { Hosts } from "./hosts.js";
import { sorted, sortingFrom } from "./sorting.js";
import { TroubleList } from "./trouble-list.js";
import { conditionOf, conditions, worstFirst } from "./worst-first.js";

const speakEveryMs = 5_000;

export function FleetPage() {
  const page = usePage();
  page.orderRevision.value;
  const money = useMoney();
  if (page.fleet.size === 0) {
    const others = Object.values(page.summary.value?.others ?? {}).reduce((sum, count) => sum + count, 0);
    return (
      <>
        {others === 0 ? <EmptyFleet /> : <Headline />}
        <Hosts />
      </>
    );
  }
  return (
    <>
      <Headline />
      <CountLinks />
      <NeedsAttention />
      {money !== null && <MoneyLine {...money.today} />}
      <FleetList costs={money?.byChannel ?? noCosts} />
      <Hosts />
    </>
  );
}

function Headline() {
  const text = headlineOf(usePage().wholeCounts.value);
  const [spoken, setSpoken] = useState("");
  useEffect(() => {
    if (text === spoken) return;
    const timer = setTimeout(() => setSpoken(text), spoken === "" ? 0 : speakEveryMs);
    return () => clearTimeout(timer);
  }, [text, spoken]);
  return (
    <>
      <h1>{text}</h1>
      <p class="unseen" role="status" aria-live="polite">
        {spoken}
      </p>
    </>
  );
}

/** Each count is a link to exactly those bots. */
function CountLinks() {
  const page = usePage();
  const counts = page.counts.value;
  const { status, query, ...rest } = page.route.value;
  const shown = conditions.filter((condition) => counts[condition] > 0 || condition === "online");
  return (
    <ul class="counts" aria-label="Bots by status">
      {page.summary.value?.hasHosts === true && <li class="dim">On this host</li>}
      {shown.map((condition) => {
        const isChosen = status === condition;
        return (
          <li key={condition}>
            <a
              class={`count is-${condition}`}
              href={page.href({ ...rest, status: isChosen ? "" : condition })}
              aria-current={isChosen ? "true" : undefined}
              title={isChosen ? "Show all bots again" : `Show only these bots`}
            >
              <b>{counts[condition].toLocaleString("en-US")}</b> {conditionWords[condition]}
            </a>
          </li>
        );
      })}
    </ul>
  );
}

function NeedsAttention() {
  const page = usePage();
  page.orderRevision.value;
  const nowMs = page.nowMs.value;
  const clock = page.zoneClock.value;
  const bots = worstFirst(page.fleet.bots(), (channel) => page.fleet.nameRank(channel));
  const items = attentionOf(bots, {
    nowMs,
    staleTimeoutMs: page.summary.value?.staleTimeoutMs ?? null,
    clockText: (ms) => clock.text(ms, nowMs),
    lastDeathOf: (one) => page.history.lastDeathOf(one),
  });
  return <TroubleList items={items} nowMs={nowMs} />;
}

const noCosts: Costs = new Map();

function FleetList({ costs }: { readonly costs: Costs }) {
  const page = usePage();
  const revision = page.orderRevision.value;
  const { query, status, group, sort } = page.route.value;
  const rows = useMemo(() => {
    const filter = filterFrom(query);
    const wanted = [...page.fleet.bots()].filter(
      (bot) => (status === "" || conditionOf(bot) === status) && filter(bot),
    );
    const bots = sorted(wanted, sortingFrom(sort), {
      nameRank: (channel) => page.fleet.nameRank(channel),
      costOf: (channel) => costs.get(channel)?.costUsd ?? null,
    });
    if (!isGrouping(group)) return { bots, groups: null };
    return { bots, groups: groupsOf(bots, group) };
  }, [page, revision, query, status, group, sort, costs]);
  return (
    <section aria-label="All bots">
      <FleetTools shown={rows.bots.length} groups={rows.groups} hasCosts={costs.size > 0} />
      {rows.bots.length === 0 ? (
        <p class="nothing">
          No bot matches.{" "}
          <button type="button" onClick={() => page.go({ query: "", status: "" })}>
            Show all {page.fleet.size.toLocaleString("en-US")} bots
          </button>
        </p>
      ) : (
        <BotTable
          bots={rows.bots}
          groups={rows.groups}
          costs={costs}
          view={[query, status, group, sort].join("\n")}
        />
      )}
    </section>
  );
}
