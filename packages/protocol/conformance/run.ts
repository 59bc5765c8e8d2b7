import { cpus } from "node:os";
import { performance } from "node:perf_hooks";
import type { HelloAnswer } from "../schema/driver.js";
import { Driver } from "./driver.js";
import { type DecodeFixture, type EncodeFixture, type Fixture, manifest, readFixture } from "./fixture.js";
import { packageJson } from "./package-file.js";
import type { Summary } from "./report/summary.js";
import type { Result } from "./result.js";
import type { Scenario } from "./scenario/scenario.js";
import { scenarios } from "./scenario/scenarios.js";
import { isLater, isSelected, type Selection } from "./selection.js";
import { type Played, rulesOf, Showing } from "./suite/conduct.js";
import { type CaseVerdict, runDecodeCase } from "./suite/decode.js";
import { runEncodeCase } from "./suite/encode.js";
import { inLanes, type Task } from "./suite/lanes.js";

export type SuiteName = "decode" | "encode" | "conduct";

export interface RunOptions {
  readonly command: readonly string[];
  readonly suites: readonly SuiteName[];
  readonly selection: Selection;
  /** The newest version of the protocol that is asked. */
  readonly protocol: string;
  /** The version of the suite that scores. */
  readonly suite: string;
  readonly timeoutMs: number;
  readonly isLong: boolean;
  /** How many scenarios are played at a time. */
  readonly lanes: number;
  readonly traceFolder?: string;
  /** Told while the run goes on. */
  readonly onProgress?: (text: string) => void;
}

const { version } = packageJson<{ version: string }>("package.json");

/** The newest version of the protocol that the fixtures are about. */
export const newestProtocol = manifest.protocol;

/**
 * Runs the suites that the driver can: their fixed cases beside the scenarios, which mostly wait.
 * Rejects with a DriverFault where it does not speak the protocol.
 */
export async function run(options: RunOptions): Promise<Summary> {
  const fromMs = performance.now();
  const { command, suites, timeoutMs, protocol, suite } = options;
  const driver = new Driver({ command, timeoutMs });
  const stopping = new AbortController();
  try {
    const hello = await driver.hello(protocol, suite);
    const asked = isLater(hello.protocol, protocol) ? protocol : hello.protocol;
    const fixed: Fixed = { results: [], notAsked: 0 };
    const cases: Task = { isHeavy: true, run: () => runFixed(driver, hello, asked, options, fixed) };
    const showings =
      suites.includes("conduct") && hello.can.includes("conduct")
        ? showingsOf(hello, asked, options, stopping.signal)
        : [];
    await inLanes([cases, ...showings.map((showing) => taskOf(showing, options))], options.lanes, () => {
      stopping.abort();
      void driver.kill();
    });
    const played: Played[] = [];
    for (const showing of showings) played.push(await showing.settle());
    const controls = played.flatMap(({ controlMaxUs }) => (controlMaxUs === undefined ? [] : [controlMaxUs]));
    const known = rulesOf(asked);
    const conduct = played.flatMap(({ results }) =>
      results.filter(
        ({ id, spec }) => known.includes(spec[0] as string) && isSelected(id, options.selection),
      ),
    );
    return {
      runner: version,
      suiteVersion: suite,
      protocol: asked,
      implementation: hello.implementation,
      machine: {
        cpus: cpus().length,
        ...(controls.length === 0 ? {} : { controlMaxUs: Math.max(...controls) }),
      },
      results: [...fixed.results, ...conduct],
      notAsked: fixed.notAsked,
      complaints: [],
      ms: performance.now() - fromMs,
    };
  } finally {
    await driver.kill();
  }
}

/** The cases with one right answer each, and how many were too young for the driver. */
interface Fixed {
  readonly results: Result[];
  notAsked: number;
}

async function runFixed(
  driver: Driver,
  hello: HelloAnswer,
  protocol: string,
  options: RunOptions,
  fixed: Fixed,
): Promise<void> {
  for (const kind of ["decode", "encode"] as const) {
    if (!options.suites.includes(kind) || !hello.can.includes(kind)) continue;
    for (const { path, fixture } of casesOf(kind)) {
      if (!isSelected(fixture.id, options.selection)) continue;
      if (isLater(fixture.since, protocol)) fixed.notAsked++;
      else fixed.results.push(await runCase(kind, path, fixture, driver, options));
    }
    const count = fixed.results.filter(({ group }) => group.startsWith(kind)).length;
    options.onProgress?.(`${kind}: ${count} cases`);
  }
  await driver.kill();
}

/** The cases of a kind with the file in which each stands. */
export function casesOf(kind: SuiteName): { path: string; fixture: Fixture }[] {
  return manifest.files
    .filter((file) => file.kind === kind)
    .flatMap(({ path }) =>
      readFixture(path)
        .split("\n")
        .slice(0, -1)
        .map((line) => ({ path, fixture: JSON.parse(line) as Fixture })),
    );
}

async function runCase(
  kind: "decode" | "encode",
  path: string,
  fixture: Fixture,
  driver: Driver,
  { timeoutMs, suite }: RunOptions,
): Promise<Result> {
  const fromMs = performance.now();
  const verdict: CaseVerdict =
    kind === "decode"
      ? await runDecodeCase(fixture as DecodeFixture, driver, timeoutMs)
      : await runEncodeCase(fixture as EncodeFixture, driver, timeoutMs);
  return {
    ...verdict,
    id: fixture.id,
    group: path.replace(".jsonl", ""),
    level: fixture.level,
    spec: fixture.spec,
    ms: performance.now() - fromMs,
    ...(verdict.outcome === "fail" ? { trace: [fixture.title] } : {}),
    ...(isLater(fixture.suite ?? "1.0.0", suite) ? { isUnscored: true } : {}),
  };
}

/** The scenarios that were asked for, in their order. */
function showingsOf(
  hello: HelloAnswer,
  protocol: string,
  { command, timeoutMs, suite, selection, traceFolder, isLong }: RunOptions,
  signal: AbortSignal,
): Showing[] {
  const known = rulesOf(protocol);
  const isWanted = ({ name, rules, isLong: takesLong }: Scenario): boolean =>
    (isLong || takesLong !== true) &&
    rules.some((rule) => known.includes(rule) && isSelected(`${name}:${rule}`, selection));
  const trace = traceFolder === undefined ? {} : { traceFolder };
  return scenarios
    .filter(isWanted)
    .map(
      (scenario) => new Showing(scenario, hello, { command, timeoutMs, protocol, suite, signal, ...trace }),
    );
}

const taskOf = (showing: Showing, { onProgress }: RunOptions): Task => ({
  isHeavy: showing.scenario.isHeavy === true,
  async run() {
    const { name, title } = showing.scenario;
    onProgress?.(`conduct/${name}: ${title}`);
    await showing.play();
  },
});
