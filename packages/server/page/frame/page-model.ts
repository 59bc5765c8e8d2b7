import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { gapsBetween } from "../bot/monitor-runs.js";
import { changeFrom, type Period } from "../bot/timeline.js";
import { FleetState } from "../fleet/fleet-state.js";
import { History } from "../fleet/history.js";
import { type WholeCounts, wholeCountsOf } from "../fleet/whole-fleet.js";
import { type Counts, countsOf } from "../fleet/worst-first.js";
import { Api } from "../link/api.js";
import { Connection, type LinkListener, type LinkState, type Surroundings } from "../link/connection.js";
import { MonitorClock } from "../link/monitor-clock.js";
import type { StreamEvent } from "../link/stream-reader.js";
import { isRecord, type Summary, summaryFrom, textOf } from "../link/summary.js";
import type { Preferences, Theme } from "./preferences.js";
import { hashOf, homeRoute, type Route, routeFrom } from "./route.js";
import { isZone, ZoneClock } from "./time-text.js";

const dayMs = 86_400_000;
const mostEvents = 10_000;
const historyAgainMs = 15_000;

export interface ModelMeans {
  readonly surroundings: Surroundings;
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  readonly preferences: Preferences;
  readonly window: Window;
  /** Which build of the page this is; null where the shell does not say. */
  readonly build: string | null;
}

/**
 * All that the page knows, as signals. It has the whole fleet, since it sorts, groups and counts
 * it.
 */
export class PageModel implements LinkListener {
  readonly fleet = new FleetState();
  readonly history = new History();
  readonly clock: MonitorClock;
  readonly api: Api;
  readonly connection: Connection;
  readonly link: Signal<LinkState>;
  readonly summary: Signal<Summary | null> = signal(null);
  /** Whether a snapshot has come. */
  readonly hasFleet = signal(false);
  /** Changes with each change of a bot. */
  readonly revision = signal(0);
  /**
   * Changes where the order of the fleet may be another one: at once with a status, else once a
   * second.
   */
  readonly orderRevision = signal(0);
  readonly historyRevision = signal(0);
  /** When the monitor itself was off within the last 24 hours, as far as it knows. */
  readonly unwatched: Signal<readonly Period[]> = signal([]);
  /** The monitor's clock, once a second while the page is seen. */
  readonly nowMs = signal(0);
  readonly route: Signal<Route>;
  readonly theme: Signal<Theme>;
  readonly ownZone: Signal<string>;
  /** Whether the summary of a hidden page is newer than the fleet. */
  readonly isSummaryNewer = signal(false);
  readonly restartedAtMs: Signal<number | null> = signal(null);
  readonly isOutdated = signal(false);
  readonly counts: ReadonlySignal<Counts>;
  /** With the bots of other hosts. */
  readonly wholeCounts: ReadonlySignal<WholeCounts>;
  /** For title and icon, also while the page has no stream; null before anything is known. */
  readonly tabCounts: ReadonlySignal<WholeCounts | null>;
  /** What the title is about beside the fleet, such as a bot. */
  readonly subject: Signal<string | null> = signal(null);
  /** `nowMs` once a minute. */
  readonly minuteMs: ReadonlySignal<number>;
  readonly zoneClock: ReadonlySignal<ZoneClock>;
  readonly #means: ModelMeans;
  #startedAtMs: number | null = null;
  #isLoadingHistory = false;

  constructor(means: ModelMeans) {
    this.#means = means;
    const { surroundings, preferences, window } = means;
    this.clock = new MonitorClock(surroundings.steadyMs);
    this.connection = new Connection(surroundings, this);
    this.link = signal(this.connection.state);
    this.api = new Api(means.fetch, () => this.#needLogin());
    this.route = signal(routeFrom(window.location.hash));
    this.theme = signal(preferences.theme);
    this.ownZone = signal(preferences.zone);
    this.counts = computed(() => {
      this.orderRevision.value;
      return countsOf(this.fleet.bots());
    });
    this.wholeCounts = computed(() => wholeCountsOf(this.counts.value, this.summary.value?.others ?? null));
    this.tabCounts = computed(() => {
      const summary = this.summary.value;
      if (this.isSummaryNewer.value && summary !== null) return wholeCountsOf(summary.counts, summary.others);
      return this.hasFleet.value ? this.wholeCounts.value : null;
    });
    this.minuteMs = computed(() => Math.ceil(this.nowMs.value / 60_000) * 60_000);
    this.zoneClock = computed(() => {
      const wanted = this.route.value.zone || this.ownZone.value;
      return new ZoneClock(isZone(wanted) ? wanted : "");
    });
  }

  // What the connection tells.

  event({ name, data }: StreamEvent, roundTripMs: number | null): void {
    const value: unknown = JSON.parse(data);
    batch(() => {
      if (name === "hello" || name === "beat") this.#summarize(value, roundTripMs);
      else if (name === "snapshot") {
        this.fleet.replace(value);
        this.hasFleet.value = true;
        this.isSummaryNewer.value = false;
        this.#reorder();
        void this.#loadHistory();
      } else if (name === "bots") this.fleet.change(value);
      else if (name === "forgotten" && isRecord(value)) {
        const channel = textOf(value["channel"]) ?? "";
        this.fleet.forget(channel);
        this.history.forget(channel);
        this.#reorder();
      } else if ((name === "transition" || name === "trouble") && isRecord(value)) {
        const change = changeFrom(value);
        if (change !== null) this.history.add(change);
        this.#reorder();
      }
      this.revision.value = this.fleet.revision;
      this.historyRevision.value = this.history.revision;
    });
  }

  state(state: LinkState): void {
    this.link.value = state;
  }

  /** Of a page that is hidden and has no stream. */
  polled(value: unknown, roundTripMs: number): void {
    batch(() => {
      this.#summarize(value, roundTripMs);
      this.isSummaryNewer.value = true;
    });
  }

  // What a person does.

  /** Another page, or another view of it, as a new entry of the browser's history. */
  go(change: Partial<Route>): void {
    this.#show({ ...this.route.value, ...change }, "pushState");
  }

  /** The same view with one thing changed, such as a letter of the search. */
  adjust(change: Partial<Route>): void {
    this.#show({ ...this.route.value, ...change }, "replaceState");
  }

  /** The URL of a view; the zone goes with it. */
  href(route: Partial<Route>): string {
    return hashOf({ ...homeRoute, zone: this.route.value.zone, ...route });
  }

  hashChanged(): void {
    this.route.value = routeFrom(this.#means.window.location.hash);
  }

  setTheme(theme: Theme): void {
    this.#means.preferences.theme = theme;
    this.theme.value = theme;
  }

  setZone(zone: string): void {
    this.#means.preferences.zone = zone;
    this.ownZone.value = zone;
    this.adjust({ zone });
  }

  /** Who changes something, as they called themselves last. */
  get by(): string {
    return this.#means.preferences.by;
  }

  set by(by: string) {
    this.#means.preferences.by = by;
  }

  /** Once a second while the page is seen. */
  tick(): void {
    batch(() => {
      this.nowMs.value = this.clock.nowMs();
      this.orderRevision.value = this.fleet.revision;
    });
  }

  #show(route: Route, how: "pushState" | "replaceState"): void {
    this.#means.window.history[how](null, "", hashOf(route));
    this.route.value = route;
  }

  #reorder(): void {
    this.orderRevision.value = this.fleet.revision;
    this.nowMs.value = this.clock.nowMs();
  }

  #summarize(value: unknown, roundTripMs: number | null): void {
    const summary = summaryFrom(value);
    this.clock.measure(summary.nowMs, roundTripMs);
    if (this.nowMs.value === 0) this.nowMs.value = this.clock.nowMs();
    if (this.#startedAtMs !== null && summary.startedAtMs !== this.#startedAtMs)
      this.restartedAtMs.value = summary.startedAtMs;
    this.#startedAtMs = summary.startedAtMs ?? this.#startedAtMs;
    const { build } = this.#means;
    this.isOutdated.value = build !== null && summary.build !== null && summary.build !== build;
    this.summary.value = summary;
  }

  #needLogin(): void {
    this.connection.needLogin();
  }

  /** What the strips are made of. Without it they begin with what the stream tells. */
  async #loadHistory(): Promise<void> {
    if (this.#isLoadingHistory) return;
    this.#isLoadingHistory = true;
    try {
      const fromMs = (this.clock.isSet ? this.clock.nowMs() : Date.now()) - dayMs;
      const from = encodeURIComponent(new Date(fromMs).toISOString());
      const { events } = await this.api.ask(`api/v1/events?scope=local&from=${from}&limit=${mostEvents}`);
      this.history.load(events, fromMs, mostEvents);
      this.historyRevision.value = this.history.revision;
      const { runs } = await this.api.ask(`api/v1/runs?from=${from}`);
      this.unwatched.value = gapsBetween(runs);
    } catch {
      // The store may be away for a while.
      this.#means.surroundings.after(historyAgainMs, () => void this.#loadHistory());
    } finally {
      this.#isLoadingHistory = false;
    }
  }
}
