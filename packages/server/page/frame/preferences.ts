/** What a person chose on this browser, beside what stands in the URL. */
export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const themeKey = "kissbot.theme";
const zoneKey = "kissbot.zone";
const byKey = "kissbot.by";

/** A browser may refuse to store anything; then the choice lasts as long as the page. */
export class Preferences {
  readonly #storage: Storage | null;

  constructor(storage: () => Storage) {
    try {
      this.#storage = storage();
    } catch {
      this.#storage = null;
    }
  }

  get theme(): Theme {
    return themes.find((theme) => theme === this.#read(themeKey)) ?? "system";
  }

  set theme(theme: Theme) {
    this.#write(themeKey, theme === "system" ? null : theme);
  }

  /** An IANA name; "" is the browser's own zone. */
  get zone(): string {
    return this.#read(zoneKey) ?? "";
  }

  set zone(zone: string) {
    this.#write(zoneKey, zone === "" ? null : zone);
  }

  /** Who changes something, as they called themselves last. */
  get by(): string {
    return this.#read(byKey) ?? "";
  }

  set by(by: string) {
    this.#write(byKey, by);
  }

  #read(key: string): string | null {
    try {
      return this.#storage?.getItem(key) ?? null;
    } catch {
      return null;
    }
  }

  #write(key: string, value: string | null): void {
    try {
      if (value === null) this.#storage?.removeItem(key);
      else this.#storage?.setItem(key, value);
    } catch {
      // It is full or forbidden.
    }
  }
}
