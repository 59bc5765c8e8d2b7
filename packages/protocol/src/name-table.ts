import { isPlain } from "./name.js";
import { latin1FromBytes } from "./utf8.js";

/*
 * A fleet says the same names over and over: a name that was read lately is taken from a table,
 * which costs less than another string (measured: `pnpm bench ablation`, `name-table`). Each place
 * holds the last name of its hash, so the table is bounded: 4 096 names of at most 48 characters.
 */
const places = 4_096;
const longestKept = 48;
const names = /* @__PURE__ */ new Array<string>(places).fill("");

/**
 * The bytes as a string of its own, which keeps nothing else alive: printable ASCII without `"` and
 * `\\`. Empty if there are none, or if another thread has changed them meanwhile.
 */
export function nameOf(bytes: Uint8Array, from: number, to: number, hash: number): string {
  const place = (hash ^ (hash >>> 12)) & (places - 1);
  const known = names[place] as string;
  if (isSame(known, bytes, from, to)) return known;
  const name = latin1FromBytes(bytes, from, to);
  if (!isPlain(name, to - from)) return "";
  if (name.length <= longestKept) names[place] = name;
  return name;
}

function isSame(name: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false;
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}
