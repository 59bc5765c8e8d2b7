import { usePage } from "./page-context.js";

/** A time of the monitor in the chosen zone, whole in its title. */
export function ClockTime({ ms }: { readonly ms: number }) {
  const page = usePage();
  const clock = page.zoneClock.value;
  return (
    <time dateTime={new Date(ms).toISOString()} title={clock.iso(ms)}>
      {clock.text(ms, page.minuteMs.value)}
    </time>
  );
}
