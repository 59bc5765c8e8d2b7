/**
 * A part of the config file that holds more than scalars and lists of them. `place` is
 * `config.yaml:3:5`: of the key for a value of a mapping, else of the value itself. Texts are as
 * they are written in the file.
 */
export type SettingTree =
  | { readonly kind: "text"; readonly place: string; readonly text: string }
  | { readonly kind: "nothing"; readonly place: string }
  | { readonly kind: "list"; readonly place: string; readonly items: readonly SettingTree[] }
  | { readonly kind: "mapping"; readonly place: string; readonly pairs: readonly TreePair[] };

export interface TreePair {
  readonly name: string;
  readonly value: SettingTree;
}

/** Where a key below the section `monitoring:` stands: its path, for messages. */
export function pathOf(path: string, name: string): string {
  return `${path}.${/^[\w-]+$/.test(name) ? name : JSON.stringify(name)}`;
}
