import { useEffect, useState } from "preact/hooks";
import { usePage } from "./page-context.js";
import { spanText } from "./time-text.js";

/**
 * What stands above everything: that what is shown is old, or that the monitor is another one now.
 */
export function Banner() {
  const page = usePage();
  const { kind } = page.link.value;
  return (
    <>
      {(kind === "lost" || kind === "busy") && <LostBanner />}
      {page.isOutdated.value && (
        <p class="banner note" role="status">
          A new version of the monitor is running.{" "}
          <button type="button" onClick={() => window.location.reload()}>
            Reload
          </button>
        </p>
      )}
      {page.restartedAtMs.value !== null && (
        <p class="banner note" role="status">
          The monitor restarted at {page.zoneClock.value.text(page.restartedAtMs.value, page.nowMs.value)}.{" "}
          <button type="button" onClick={() => (page.restartedAtMs.value = null)}>
            Dismiss
          </button>
        </p>
      )}
    </>
  );
}

/** Counts by its own clock, as the monitor's does not answer. */
function LostBanner() {
  const page = usePage();
  const { kind, heardAtMs, retryAtMs } = page.link.value;
  const [nowMs, setNowMs] = useState(() => performance.now());
  useEffect(() => {
    setNowMs(performance.now());
    const timer = setInterval(() => setNowMs(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, [retryAtMs]);
  const silentMs = heardAtMs === null ? null : nowMs - heardAtMs;
  const heard = silentMs === null ? null : page.clock.nowMs() - silentMs;
  return (
    <p class="banner lost" role="alert">
      <span>
        {kind === "busy"
          ? "The monitor has as many viewers as it takes."
          : silentMs === null
            ? "The monitor does not answer."
            : `No word from the monitor for ${spanText(silentMs)}.`}
        {heard !== null && page.hasFleet.value && (
          <> What you see is of {page.zoneClock.value.text(heard, page.clock.nowMs())}.</>
        )}
        {retryAtMs === null ? " Trying now." : ` Trying again in ${spanText(retryAtMs - nowMs + 999)}.`}
      </span>{" "}
      <button type="button" onClick={() => page.connection.retry()}>
        Now
      </button>
    </p>
  );
}
