const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const written = /^(\d+(?:\.\d*)?|\.\d+) ?(ms|s|m|h|d)?$/;

/**
 * `60` (seconds), `500ms`, `1.5 s`, `2m`, `1h`, `7d` as milliseconds; undefined for anything else.
 */
export function durationMsFrom(text: string): number | undefined {
  const [, amount, unit = "s"] = written.exec(text.trim()) ?? [];
  if (amount === undefined) return undefined;
  return Number(amount) * units[unit as keyof typeof units];
}

/** As short as it can be said in one unit, such that `durationMsFrom` gives it back. */
export function durationText(ms: number): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    if (ms >= units[unit] && ms % units[unit] === 0) return `${ms / units[unit]}${unit}`;
  }
  return `${ms}ms`;
}
