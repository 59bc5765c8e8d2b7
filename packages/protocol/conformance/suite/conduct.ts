import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { HelloAnswer } from "../../schema/driver.js";
import { pausesOf } from "../judge/c-5.js";
import { judgeAll, type Rule, rules } from "../judge/rules.js";
import { latenessMs } from "../limits.js";
import { faultOfPauses } from "../pauses.js";
import type { Result } from "../result.js";
import { connectMs, NeverConnected } from "../scenario/passage.js";
import type { Scenario } from "../scenario/scenario.js";
import { isLater } from "../selection.js";
import { Abandoned, Stage, type StageOptions } from "../stage.js";
import { tracedEvents } from "../trace.js";
import type { Judgement, WireEvent } from "../wire.js";

export interface ConductOptions extends Omit<StageOptions, "folder"> {
  /** Where each timeline is written. */
  readonly traceFolder?: string;
}

export interface Played {
  readonly results: readonly Result[];
  /** The slowest call of the loop without a client, in µs. */
  readonly controlMaxUs?: number;
}

/** A round trip on a machine that has nothing else to do takes no longer. */
const usualNoopMs = 25;

/**
 * One scenario: played beside others, judged once all have ended, and played once more alone where
 * only a slow machine may have made it fail.
 */
export class Showing {
  readonly scenario: Scenario;
  readonly #options: ConductOptions;
  /** Why the driver cannot play it, if it cannot. */
  readonly #lacks: string | undefined;
  #recording: Recording | undefined;

  constructor(scenario: Scenario, hello: HelloAnswer, options: ConductOptions) {
    this.scenario = scenario;
    this.#options = options;
    this.#lacks = scenario.lacks?.(hello);
  }

  async play(): Promise<void> {
    if (this.#lacks === undefined) this.#recording = await perform(this.scenario, this.#options);
  }

  /** The verdicts. Nothing else is played meanwhile. */
  async settle(): Promise<Played> {
    const { scenario } = this;
    let recording = this.#recording;
    if (recording === undefined) {
      const detail = this.#lacks ?? "the scenario was not played";
      const skipped = scenario.rules.map((name) => ({ rule: name, outcome: "skipped" as const, detail }));
      return { results: asResults(scenario, skipped, 0, []) };
    }
    let { ms } = recording;
    let verdicts = judged(recording);
    if (verdicts.some(({ outcome, excessMs }) => outcome === "fail" && excessMs !== undefined)) {
      recording = await perform(scenario, this.#options, true);
      ms += recording.ms;
      verdicts = settled(verdicts, judged(recording), recording.noise);
    }
    const { timelines, noise } = recording;
    const { traceFolder } = this.#options;
    if (traceFolder !== undefined) writeTrace(traceFolder, scenario.name, timelines);
    return {
      results: asResults(scenario, verdicts, ms, timelines),
      ...(noise.controlMaxUs === undefined ? {} : { controlMaxUs: noise.controlMaxUs }),
    };
  }
}

interface Noise {
  readonly lagMs: number;
  readonly noopMs: number;
  readonly controlMaxUs: number | undefined;
  /** How long the driver had no processor, in all. */
  readonly starvedMs: number;
}

/** Rules whose judges leave out by themselves for how long the process had no processor. */
const netRules = ["C-2", "C-12", "C-13"];

/** What was seen of the processes of a scenario, and how each came to its end. */
interface Recording {
  readonly timelines: readonly (readonly WireEvent[])[];
  readonly endings: readonly Ending[];
  readonly noise: Noise;
  readonly ms: number;
}

type Verdict = Omit<Judgement, "outcome"> & { readonly outcome: Result["outcome"] };

async function perform(
  scenario: Scenario,
  options: ConductOptions,
  measuresNoise = false,
): Promise<Recording> {
  const fromMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), "kbc-"));
  const stages = Array.from({ length: scenario.processes ?? 1 }, (_, i) => {
    const own = join(folder, String(i));
    mkdirSync(own);
    const env = scenario.env?.(`${own}/monitor.sock`) ?? {};
    return new Stage({ ...options, folder: own }, env);
  });
  try {
    const endings = await Promise.all(stages.map((stage) => playOn(stage, scenario)));
    if (measuresNoise) await measure(options, folder, stages[0] as Stage);
    return {
      timelines: stages.map(({ timeline }) => timeline.events),
      endings,
      noise: {
        noopMs: Math.max(...stages.map(({ noopMs }) => noopMs)),
        lagMs: Math.max(...stages.map(({ lagMs }) => lagMs)),
        controlMaxUs: stages[0]?.controlMaxUs,
        starvedMs: Math.max(...stages.map(({ starvedMs }) => starvedMs)),
      },
      ms: performance.now() - fromMs,
    };
  } finally {
    await Promise.all(stages.map((stage) => stage.end()));
    rmSync(folder, { recursive: true, force: true });
  }
}

function judged({ timelines, endings }: Recording): Verdict[] {
  const each = timelines.map((wire, i) => withEnd(judgeAll(wire), endings[i]));
  return [...merged(each), ...pooledPauses(timelines)];
}

type Ending = "played" | "abandoned" | "never connected";

async function playOn(stage: Stage, scenario: Scenario): Promise<Ending> {
  const { interval_s, listens } = scenario;
  await stage.start({
    ...(interval_s === undefined ? {} : { interval_s }),
    ...(listens === undefined ? {} : { listens }),
  });
  try {
    await scenario.play(stage);
    return "played";
  } catch (error) {
    if (error instanceof Abandoned) return "abandoned";
    if (error instanceof NeverConnected) return "never connected";
    throw error;
  } finally {
    // What the judges need: that time went by until here.
    stage.timeline.tell({ event: "cpu", used_ms: 0, over_ms: 0 });
  }
}

/** How slow the machine is by itself, in a process that has no client. */
async function measure(options: ConductOptions, folder: string, into: Stage): Promise<void> {
  const bare = new Stage({ ...options, folder });
  try {
    await bare.start();
    await bare.control(20_000);
    into.noopMs = Math.max(into.noopMs, bare.noopMs);
    into.controlMaxUs = bare.controlMaxUs;
  } finally {
    await bare.end();
  }
}

/**
 * A run that broke off shows only why: the client's call hung, raised, or ended the process. What
 * other rules say about the rest of it is no verdict.
 */
function withEnd(judgements: readonly Judgement[], ending: Ending | undefined): Verdict[] {
  const failed = (names: string[]) =>
    judgements.find(({ rule, outcome }) => outcome === "fail" && names.includes(rule));
  const cause =
    failed(["C-16"]) ?? failed(["C-11"]) ?? (ending === "abandoned" ? failed(["C-2", "C-12"]) : undefined);
  const verdicts: Verdict[] = judgements.map((judgement) => {
    const isCause = judgement === cause || cause === undefined || judgement.level === "should";
    if (isCause || judgement.outcome !== "fail") return judgement;
    return {
      ...judgement,
      outcome: "inconclusive",
      detail: `the run is broken by ${cause.rule}: ${judgement.detail}`,
    };
  });
  if (ending !== "never connected" || cause !== undefined) return verdicts;
  const detail = "no connection was made to a monitor that listened before the first call";
  return verdicts.map((verdict) =>
    verdict.rule === "C-5"
      ? { rule: "C-5", outcome: "fail", detail, excessMs: connectMs - latenessMs }
      : verdict,
  );
}

const weights: readonly Result["outcome"][] = ["fail", "inconclusive", "pass", "not_exercised", "skipped"];

/** Of several processes, the weightiest verdict on each rule. */
function merged(each: readonly (readonly Verdict[])[]): Verdict[] {
  return rules.map(
    ({ name }) =>
      each
        .flatMap((verdicts) => verdicts.filter(({ rule }) => rule === name))
        .sort((one, other) => weights.indexOf(one.outcome) - weights.indexOf(other.outcome))[0] as Verdict,
  );
}

/** The pauses of several processes show more than those of one. */
function pooledPauses(timelines: readonly (readonly WireEvent[])[]): Verdict[] {
  if (timelines.length === 1) return [];
  const fault = faultOfPauses(timelines.flatMap((wire) => pausesOf(wire)));
  return fault === undefined ? [] : [{ rule: "C-5", outcome: "fail", detail: fault }];
}

/** The verdicts of both runs together: a failure that a slow machine may make has to come twice. */
function settled(
  before: readonly Verdict[],
  again: readonly Verdict[],
  { noopMs, lagMs, controlMaxUs = 0, starvedMs }: Noise,
): Verdict[] {
  const momentMs = Math.max(noopMs - usualNoopMs, lagMs, controlMaxUs / 1000);
  return again.map((judgement) => {
    const first = before.find(({ rule, outcome }) => rule === judgement.rule && outcome === "fail");
    if (first !== undefined && first.excessMs === undefined) return first;
    const noiseMs = momentMs + (netRules.includes(judgement.rule) ? 0 : starvedMs);
    const { outcome, excessMs = Number.POSITIVE_INFINITY } = judgement;
    if (outcome !== "fail" || excessMs > noiseMs) return judgement;
    const detail = `${judgement.detail}; the machine is too slow to tell: run this scenario alone`;
    return { ...judgement, outcome: "inconclusive", detail };
  });
}

function asResults(
  scenario: Scenario,
  verdicts: readonly Verdict[],
  ms: number,
  timelines: readonly (readonly WireEvent[])[],
): Result[] {
  const found = new Map<string, Verdict>();
  for (const verdict of verdicts)
    if (found.get(verdict.rule)?.outcome !== "fail") found.set(verdict.rule, verdict);
  const results = rules.flatMap(({ name, level }: Rule) => {
    const verdict = found.get(name);
    if (verdict === undefined) return [];
    const { outcome, detail, measured } = verdict;
    if (outcome === "not_exercised" && !scenario.rules.includes(name)) return [];
    const failed = outcome === "fail";
    return [
      {
        id: `${scenario.name}:${name}`,
        group: `conduct/${scenario.name}`,
        level: verdict.level ?? level,
        spec: [name],
        outcome,
        detail,
        ms: 0,
        ...(measured === undefined ? {} : { measured }),
        ...(failed ? { trace: tracedEvents(timelines[0] ?? []) } : {}),
      },
    ];
  });
  // What it took is told once, shared among its checks.
  return results.map((result) => ({ ...result, ms: ms / results.length }));
}

/** The rules that a version of the protocol knows. */
export const rulesOf = (protocol: string): readonly string[] =>
  rules.filter(({ since }) => !isLater(since, protocol)).map(({ name }) => name);

function writeTrace(folder: string, name: string, timelines: readonly (readonly WireEvent[])[]): void {
  mkdirSync(folder, { recursive: true });
  for (const [i, wire] of timelines.entries()) {
    const file = timelines.length === 1 ? `${name}.jsonl` : `${name}-${i + 1}.jsonl`;
    writeFileSync(join(folder, file), wire.map((one) => `${JSON.stringify(one)}\n`).join(""));
  }
}
