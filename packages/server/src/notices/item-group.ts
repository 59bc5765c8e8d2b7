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
  const keyOf = (item: NoticeItem) => `${kindKey(item)}\0${reasonOf(item)}`;
  return gathered(items, keyOf, mostGroups) ?? gathered(items, kindKey, items.length, isOfKind) ?? [];
}

/**
 * Null where there are more groups than `most`; the items behind are not looked at then. `isAlike`:
 * of two items that mostly follow each other, whether they have the same key.
 */
function gathered(
  items: readonly NoticeItem[],
  keyOf: (item: NoticeItem) => string,
  most: number,
  isAlike: (a: NoticeItem, b: NoticeItem) => boolean = () => false,
): readonly ItemGroup[] | null {
  const groups = new Map<string, [NoticeItem, ...NoticeItem[]]>();
  let last: [NoticeItem, ...NoticeItem[]] | undefined;
  for (const item of items) {
    if (last !== undefined && isAlike(last[0], item)) {
      last.push(item);
      continue;
    }
    const key = keyOf(item);
    last = groups.get(key);
    if (last !== undefined) last.push(item);
    else if (groups.size === most) return null;
    else {
      last = [item];
      groups.set(key, last);
    }
  }
  return [...groups.values()].map((group) => ({
    items: group,
    isOneCause: group.every((item) => reasonOf(item) === reasonOf(group[0])),
  }));
}

function kindKey({ kind, rule, subjectKind, endedMs }: NoticeItem): string {
  return `${kind}\0${rule}\0${subjectKind}\0${endedMs === null}`;
}

function isOfKind(a: NoticeItem, b: NoticeItem): boolean {
  return (
    a.kind === b.kind &&
    a.rule === b.rule &&
    a.subjectKind === b.subjectKind &&
    (a.endedMs === null) === (b.endedMs === null)
  );
}

function reasonOf({ cause, facts, why }: NoticeItem): string {
  const pid = Number(facts["process_bots"] ?? 1) > 1 ? facts["pid"] : null;
  return pid === null || pid === undefined ? `${cause}\0${why}` : `pid ${pid}\0${why}`;
}
