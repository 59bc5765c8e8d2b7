import { conditions } from "../fleet/worst-first.js";
import { copyText } from "./copy-text.js";
import { zonesOf } from "./header.js";
import { keyListId } from "./key-list.js";
import type { PageModel } from "./page-model.js";
import { themes } from "./preferences.js";
import { homeRoute } from "./route.js";
import { isOurs } from "./shortcuts.js";

/** `g` waits this long for the letter of a page. */
const chordMs = 1_500;
let chordAtMs = Number.NEGATIVE_INFINITY;

/** Does what a key stands for. */
export function pressKey(page: PageModel, event: KeyboardEvent, searchId: string): void {
  if (!isOurs(event) || document.querySelector("dialog[open]") !== null) return;
  const isChord = event.timeStamp - chordAtMs < chordMs;
  chordAtMs = Number.NEGATIVE_INFINITY;
  const action = isChord ? chordOf(page, event.key) : actionOf(page, event, searchId);
  if (action === null) return;
  event.preventDefault();
  action();
}

function chordOf(page: PageModel, key: string): (() => void) | null {
  const name = ({ f: "fleet", a: "alerts", u: "usage", e: "events", m: "monitor" } as const)[key];
  return name === undefined ? null : () => page.go({ ...homeRoute, page: name, zone: page.route.value.zone });
}

function actionOf(page: PageModel, event: KeyboardEvent, searchId: string): (() => void) | null {
  const { key } = event;
  const { query, status, page: shown } = page.route.value;
  if (key === "/") return () => document.getElementById(searchId)?.focus();
  if (key === "?") return () => window.dispatchEvent(new Event(keyListId));
  if (key === "t") return () => page.setTheme(after(themes, page.theme.value));
  if (key === "z") {
    const zones = zonesOf(page);
    return () => page.setZone(after(zones, page.route.value.zone || page.ownZone.value));
  }
  if (key === "c") return () => void copyText(window.location.href);
  if (key === "g") {
    return () => {
      chordAtMs = event.timeStamp;
    };
  }
  if (key === "0") return () => page.go({ page: "fleet", channel: "", status: "", query: "" });
  const condition = conditions[Number(key) - 1];
  if (/^[1-5]$/.test(key) && condition !== undefined)
    return () => page.go({ page: "fleet", channel: "", status: status === condition ? "" : condition });
  if (key !== "Escape") return null;
  if (shown !== "fleet") return () => page.go({ page: "fleet", channel: "" });
  return query === "" && status === "" ? null : () => page.go({ query: "", status: "" });
}

/** The next one, and after the last the first. */
function after<Value>(values: readonly Value[], value: Value): Value {
  return values[(values.indexOf(value) + 1) % values.length] as Value;
}
