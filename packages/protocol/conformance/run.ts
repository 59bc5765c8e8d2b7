import { cpus } from "node:os";
import { performance } from "node:perf_hooks";
import type { HelloAnswer } from "../schema/driver.js";
import { Driver } from "./driver.js";
import { type DecodeFixture, type EncodeFixture, type Fixture, manifest, readFixture } from "./fixture.js";
import { packageJson } from "./package-file.js";
import type { Summary } from "./report/summary.js";
import type { Result } from "./result.js";
import { scenarios } from "./scenario/scenarios.js";
import { isLater, isSelected, type Selection } from "./selection.js";
import { playScenario, rulesOf } from "./suite/conduct.js";
import { type CaseVerdict, runDecodeCase } from "./suite/decode.js";
import { runEncodeCase } from "./suite/encode.js";

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
  readonly traceFolder?: string;
  /** Told while the run goes on. */
  readonly onProgress?: (text: string) => void;
}

const { version } = packageJson<{ version: string }>("package.json");

/** The newest version of the protocol that the fixtures are about. */
export const newestProtocol = manifest.protocol;

/**
 * Runs the suites that the driver can. Rejects with a DriverFault where it does not speak the
 * protocol.
 */
export async function run(options: RunOptions): Promise<Summary> {
  const fromMs = performance.now();
  const { command, suites, timeoutMs, protocol, suite } = options;
  const driver = new Driver({ command, timeoutMs });
  try {
    const hello = await driver.hello(protocol, suite);
    const asked = isLater(hello.protocol, protocol) ? protocol : hello.protocol;
    const fixed: Result[] = [];
    let notAsked = 0;
    for (const kind of ["decode", "encode"] as const) {
      if (!suites.includes(kind) || !hello.can.includes(kind)) continue;
      for (const { path, fixture } of casesOf(kind)) {
        if (!isSelected(fixture.id, options.selection)) continue;
        if (isLater(fixture.since, asked)) notAsked++;
        else fixed.push(await runCase(kind, path, fixture, driver, options));
      }
      options.onProgress?.(`${kind}: ${fixed.filter(({ group }) => group.startsWith(kind)).length} cases`);
    }
    await driver.kill();
    const played =
      suites.includes("conduct") && hello.can.includes("conduct")
        ? await playAll(hello, asked, options)
        : { results: [], controlMaxUs: undefined };
    return {
      runner: version,
      suiteVersion: suite,
      protocol: asked,
      implementation: hello.implementation,
      machine: {
        cpus: cpus().length,
        ...(played.controlMaxUs === undefined ? {} : { controlMaxUs: played.controlMaxUs }),
      },
      results: [...fixed, ...played.results],
      notAsked,
      complaints: [],
      ms: performance.now() - fromMs,
    };
  } finally {
    await driver.kill();
  }
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

async function playAll(
  hello: HelloAnswer,
  protocol: string,
  options: RunOptions,
): Promise<{ results: Result[]; controlMaxUs: number | undefined }> {
  const { command, timeoutMs, suite, selection, traceFolder } = options;
  const known = rulesOf(protocol);
  const results: Result[] = [];
  let slowestUs: number | undefined;
  for (const scenario of scenarios) {
    if (scenario.isLong && !options.isLong) continue;
    const wanted = scenario.rules.filter((rule) => known.includes(rule));
    if (!wanted.some((rule) => isSelected(`${scenario.name}:${rule}`, selection))) continue;
    options.onProgress?.(`conduct/${scenario.name}: ${scenario.title}`);
    const played = await playScenario(scenario, hello, {
      command,
      timeoutMs,
      protocol,
      suite,
      ...(traceFolder === undefined ? {} : { traceFolder }),
    });
    if (played.controlMaxUs !== undefined) slowestUs = Math.max(slowestUs ?? 0, played.controlMaxUs);
    for (const result of played.results)
      if (known.includes(result.spec[0] as string) && isSelected(result.id, selection)) results.push(result);
  }
  return { results, controlMaxUs: slowestUs };
}
