import type { NoticeItem } from "../alerts/notice.js";

/** Items that are said in one breath: of one kind and rule, and for one reason. */
export interface ItemGroup {
  readonly items: readonly [NoticeItem, ...NoticeItem[]];
  /** Whether all have the first one's cause. */
  readonly isOneCause: boolean;
}

/** So many groups are said one by one; with more, all of one kind and rule are one. */
const mostGroups = 6;

/**
 * Items that say the same of several bots, in their order. Twelve bots of one dead process are one
 * group; a thousand bots with a thousand causes are one as well.
 */
export function groupsOf(items: readonly NoticeItem[]): readonly ItemGroup[] {
  const keyOf = (item: NoticeItem) => `${sameKind(item)}\0${reasonOf(item)}`;
  return gathered(items, keyOf, mostGroups) ?? gathered(items, sameKind, items.length) ?? [];
}

/** Null where there are more groups than `most`; the items behind are not looked at then. */
function gathered(
  items: readonly NoticeItem[],
  keyOf: (item: NoticeItem) => string,
  most: number,
): readonly ItemGroup[] | null {
  const groups = new Map<string, [NoticeItem, ...NoticeItem[]]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group !== undefined) group.push(item);
    else if (groups.size === most) return null;
    else groups.set(key, [item]);
  }
  return [...groups.values()].map((group) => ({
    items: group,
    isOneCause: group.every((item) => reasonOf(item) === reasonOf(group[0])),
  }));
}

function sameKind({ kind, rule, subjectKind, endedMs }: NoticeItem): string {
  return [kind, rule, subjectKind, endedMs === null].join("\0");
}

function reasonOf({ cause, facts, why }: NoticeItem): string {
  const pid = Number(facts["process_bots"] ?? 1) > 1 ? facts["pid"] : null;
  return pid === null || pid === undefined ? `${cause}\0${why}` : `pid ${pid}\0${why}`;
}
