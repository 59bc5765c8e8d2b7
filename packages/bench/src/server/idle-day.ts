const dayMs = 86_400_000;
const hourMs = 3_600_000;
const beatMs = 30_000;

export const idleDay = {
  bots: 50,
  dayMs,
  sampleMs: 15_000,
  beatMs,
  /** As the monitor's writer gathers them. */
  heardMs: 14_200,
  roundsPerCommit: 20,
  features: '{"chat":true,"moderation":false}',
} as const;

export type IdleCommit =
  | { readonly kind: "heard"; readonly bots: readonly number[]; readonly atMs: number }
  /** `roundsPerCommit` samples of each bot, the first at that time. */
  | { readonly kind: "samples"; readonly fromMs: number }
  | { readonly kind: "rollups" };

/** What an idle fleet makes its monitor write in a day, in order. */
export function* idleCommits(startMs: number): Generator<IdleCommit> {
  const { bots, heardMs } = idleDay;
  const all = Array.from({ length: bots }, (_, i) => i);
  const commitMs = idleDay.roundsPerCommit * idleDay.sampleMs;
  let [samplesAtMs, rollupAtMs] = [startMs + commitMs, startMs + hourMs];
  for (let atMs = startMs + heardMs; atMs < startMs + dayMs; atMs += heardMs) {
    const heard = all.filter((i) => (atMs - startMs - (i * beatMs) / bots) % beatMs < heardMs);
    yield { kind: "heard", bots: heard, atMs };
    if (atMs >= samplesAtMs) {
      yield { kind: "samples", fromMs: samplesAtMs - commitMs };
      samplesAtMs += commitMs;
    }
    if (atMs >= rollupAtMs) {
      rollupAtMs += hourMs;
      yield { kind: "rollups" };
    }
  }
}

/** The samples of one bot in one commit. */
export function idleSamples(bot: number, fromMs: number) {
  return Array.from({ length: idleDay.roundsPerCommit }, (_, round) => ({
    channel: idleChannel(bot),
    pid: 100_000 + bot,
    rssMb: 50.25,
    cpuPct: 0.0625,
    tsMs: fromMs + round * idleDay.sampleMs,
    featuresJson: idleDay.features,
  }));
}

export function idleChannel(bot: number): string {
  return `twitch_channel_${bot}`;
}
