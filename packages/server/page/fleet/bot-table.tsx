import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { usePage } from "../frame/page-context.js";
import { isOurs } from "../frame/shortcuts.js";
import type { Bot } from "./bot.js";
import { BotCards } from "./bot-cards.js";
import { BotRow, type Costs, columnsOf, GroupRow } from "./bot-row.js";
import type { BotGroup } from "./grouping.js";
import { usePointed, useStill } from "./pointed.js";
import { RowOrder } from "./row-order.js";
import { RowSlots } from "./row-slots.js";
import { useMedia, useRowView } from "./row-view.js";
import { rowRanges } from "./row-window.js";
import { sortingFrom } from "./sorting.js";
import { channelOf, type RowParts, rowsOf, type TableRow } from "./table-rows.js";

interface BotTableProps {
  readonly bots: readonly Bot[];
  readonly groups: readonly BotGroup[] | null;
  readonly costs: Costs;
  /** Filter, grouping and order: where it changes, a person changed it. */
  readonly view: string;
}

/** Only a part of the rows is there: what is seen and some around it. */
export function BotTable({ bots, groups, costs, view }: BotTableProps) {
  const page = usePage();
  const isNarrow = useMedia("(max-width: 719px)");
  const box = useRef<HTMLElement>(null);
  const order = useRef(new RowOrder()).current;
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const isPointed = usePointed(box);
  const [isFocused, setIsFocused] = useState(false);
  const [applied, setApplied] = useState(0);
  const appliedBefore = useRef(applied);
  const isFiltered = page.route.value.query !== "" || page.route.value.status !== "";

  const rows = rowsOf(bots, groups, (name) => !isFiltered && closed.has(name));
  const isHeld = (isPointed || isFocused) && appliedBefore.current === applied;
  appliedBefore.current = applied;
  const wanted = [...rows.keys()];
  const known = new Set(groups === null ? [] : groups.map(({ name }) => `group\n${name}`));
  const exists = (key: string) => known.has(key) || page.fleet.get(channelOf(key)) !== undefined;
  const shown = order.next(`${view}\n${[...closed].join("\n")}`, wanted, isHeld, exists);
  useStill(box, isPointed || isFocused);
  const differs = isHeld && order.differs(wanted);
  const apply = () => setApplied((count) => count + 1);
  useKeys({ r: apply });

  const toggle = (name: string) => {
    const next = new Set(closed);
    if (!next.delete(name)) next.add(name);
    setClosed(next);
  };
  const rowOf = (key: string): TableRow | undefined => {
    const row = rows.get(key);
    if (row?.kind === "group") return row;
    // As it is now, also where the order is an earlier one and the bot is wanted no more.
    const bot = page.fleet.get(channelOf(key));
    return bot === undefined ? undefined : { kind: "bot", bot };
  };
  const parts = { shown, rowOf, toggle };
  return (
    <section
      ref={box}
      class="bots"
      aria-label="Bots"
      onFocusIn={() => setIsFocused(true)}
      onFocusOut={(event) => {
        if (!(event.relatedTarget instanceof Node && box.current?.contains(event.relatedTarget)))
          setIsFocused(false);
      }}
    >
      {differs && (
        <button type="button" class="reorder" onClick={apply}>
          The order has changed. Apply <kbd>r</kbd>
        </button>
      )}
      {isNarrow ? <BotCards {...parts} /> : <Table {...parts} costs={costs} />}
    </section>
  );
}

const rowHeight = 32;

function Table({ shown, rowOf, toggle, costs }: RowParts & { readonly costs: Costs }) {
  const page = usePage();
  page.revision.value;
  const body = useRef<HTMLTableSectionElement>(null);
  const { topPx, heightPx } = useRowView(body, rowHeight);
  const [active, setActive] = useState<string | null>(null);
  const activeRow = active === null ? -1 : shown.indexOf(active);
  const firstBot = shown.findIndex((key) => rowOf(key)?.kind === "bot");
  const ranges = rowRanges({ count: shown.length, rowHeight, topPx, heightPx, kept: activeRow });
  const slots = useRef(new RowSlots()).current.next(
    ranges.flatMap(({ from, to }) => shown.slice(from, to)),
    active,
  );
  const moveTo = useRowFocus(body, shown, setActive);
  const step = (by: number) => {
    let row = activeRow < 0 ? (by > 0 ? firstBot : -1) : activeRow + by;
    while (rowOf(shown[row] ?? "")?.kind === "group" && shown[row] !== undefined) row += by;
    if (shown[row] !== undefined && row >= 0) moveTo(row);
  };
  useKeys({ j: () => step(1), k: () => step(-1) });
  const sorting = sortingFrom(page.route.value.sort);
  const columns = columnsOf(costs);

  const spaces = [0, ...ranges.map(({ to }) => to)];
  return (
    <table aria-rowcount={shown.length + 1}>
      <thead>
        <tr aria-rowindex={1}>
          {columns.map(({ name, text, title, sort }) => (
            <th
              key={name}
              scope="col"
              class={`col-${name}`}
              title={title}
              aria-sort={sort === sorting ? (sort === "channel" ? "ascending" : "descending") : undefined}
            >
              {sort === null ? (
                text
              ) : (
                <button
                  type="button"
                  onClick={() => page.go({ sort: sort === "worst" || sort === sorting ? "" : sort })}
                >
                  {text}
                </button>
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody
        ref={body}
        onKeyDown={(event) => {
          const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
          if (by === 0 || !isOurs(event)) return;
          event.preventDefault();
          step(by);
        }}
      >
        {ranges.flatMap(({ from, to }, i) => [
          <Space key={`space ${i}`} rows={from - (spaces[i] ?? 0)} columns={columns.length} />,
          ...shown.slice(from, to).map((key, at) => {
            const row = rowOf(key);
            const place = {
              index: from + at + 2,
              isActive: active === null ? from + at === firstBot : key === active,
            };
            if (row === undefined) return null;
            return row.kind === "group" ? (
              <GroupRow key={key} {...row} index={place.index} columns={columns.length} toggle={toggle} />
            ) : (
              <BotRow
                key={slots.get(key)}
                bot={row.bot}
                costs={costs}
                {...place}
                onFocus={() => setActive(key)}
              />
            );
          }),
        ])}
        <Space key="end" rows={shown.length - (spaces.at(-1) ?? 0)} columns={columns.length} />
      </tbody>
    </table>
  );
}

function Space({ rows, columns }: { readonly rows: number; readonly columns: number }) {
  if (rows <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus.
    <tr class="space" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${rows * rowHeight}px` }} />
    </tr>
  );
}

/** Moves the focus to a row that may not be there yet. */
function useRowFocus(
  body: RefObject<HTMLTableSectionElement | null>,
  shown: readonly string[],
  setActive: (key: string) => void,
): (row: number) => void {
  const [wanted, setWanted] = useState<{ readonly row: number } | null>(null);
  useLayoutEffect(() => {
    if (wanted === null) return;
    const link = body.current?.querySelector<HTMLElement>(`[aria-rowindex="${wanted.row + 2}"] a`);
    link?.focus({ preventScroll: true });
    link?.scrollIntoView({ block: "nearest" });
  }, [wanted, body]);
  return (row) => {
    const key = shown[row];
    if (key === undefined) return;
    setActive(key);
    setWanted({ row });
  };
}

/** Single keys, anywhere on the page but in a field. */
function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const newest = useRef(keys);
  newest.current = keys;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const action = Object.hasOwn(newest.current, event.key) ? newest.current[event.key] : undefined;
      if (action === undefined || !isOurs(event)) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
