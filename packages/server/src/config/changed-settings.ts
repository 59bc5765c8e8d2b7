import { Secret } from "./secret.js";
import { keyOf } from "./setting.js";
import { settingTable } from "./setting-table.js";
import type { Settings } from "./settings.js";

/** The settings that have other values. */
export function changedSettings(before: Settings, after: Settings): readonly (keyof Settings)[] {
  const names = Object.keys({ ...before, ...after }) as (keyof Settings)[];
  return names.filter((name) => !isSame(before[name], after[name]));
}

/** As a config file has it: `stale_timeout`; `alerts` for a section. */
export function keyOfSetting(name: keyof Settings): string {
  const table: Readonly<Record<string, { readonly flag: string }>> = settingTable;
  const setting = table[name];
  return setting === undefined ? snakeCase(name) : keyOf(setting.flag);
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Deep; a secret in a file is another one where the file held another text. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Secret || b instanceof Secret)
    return a instanceof Secret && b instanceof Secret && a.isSameAs(b);
  if (a instanceof Map || b instanceof Map) {
    return a instanceof Map && b instanceof Map && isSame([...a], [...b]);
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSame(left[key], right[key]))
  );
}
