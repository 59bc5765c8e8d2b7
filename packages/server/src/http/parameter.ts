import { ApiError } from "./api-error.js";
import { msFromQuery, timeExpectation } from "./query-time.js";
import type { Schema } from "./schema.js";

/** One parameter of a query: how it is documented, and how it is read. */
export interface Parameter<T> {
  readonly description: string;
  readonly schema: Schema;
  /** What an error says was expected. */
  readonly expected: string;
  /** Undefined if the value is not as expected. */
  read(text: string, nowMs: number): T | undefined;
}

export type Parameters = Readonly<Record<string, Parameter<unknown>>>;

/** The values of a query; undefined for absent parameters. */
export type Values<P extends Parameters> = {
  readonly [Name in keyof P]: P[Name] extends Parameter<infer T> ? T | undefined : never;
};

/**
 * Reads a query. Unknown names and bad values are errors that say what was expected: otherwise a
 * misspelt parameter would answer a different question.
 */
export function valuesOf<P extends Parameters>(query: unknown, parameters: P, nowMs: number): Values<P> {
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(query as Record<string, string | string[]>)) {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (parameter === undefined) {
      const known = Object.keys(parameters).join(", ");
      const hint = known === "" ? "there are none here" : `there are ${known}`;
      throw new ApiError("unknown_parameter", `there is no parameter ${JSON.stringify(name)}: ${hint}`);
    }
    const value = typeof text === "string" ? parameter.read(text, nowMs) : undefined;
    if (value === undefined) {
      const given = typeof text === "string" ? JSON.stringify(text.slice(0, 100)) : "it more than once";
      throw new ApiError("invalid_parameter", `${name}: expected ${parameter.expected}, got ${given}`);
    }
    values[name] = value;
  }
  return values as Values<P>;
}

export function textParameter(description: string): Parameter<string> {
  return {
    description,
    schema: { type: "string", minLength: 1 },
    expected: "a text",
    read: (text) => (text === "" ? undefined : text),
  };
}

export function integerParameter(min: number, max: number, description: string): Parameter<number> {
  return {
    description,
    schema: { type: "integer", minimum: min, maximum: max },
    expected: `an integer from ${min} to ${max}`,
    read: (text) => {
      const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** A whole number, perhaps negative, that is a multiple of `step`. */
export function stepParameter(
  { min, max, step }: { readonly min: number; readonly max: number; readonly step: number },
  description: string,
): Parameter<number> {
  return {
    description,
    schema: { type: "integer", minimum: min, maximum: max, multipleOf: step },
    expected: `a multiple of ${step} from ${min} to ${max}`,
    read: (text) => {
      const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max && value % step === 0 ? value : undefined;
    },
  };
}

export function choiceParameter<T extends string>(choices: readonly T[], description: string): Parameter<T> {
  return {
    description,
    schema: { type: "string", enum: choices },
    expected: `one of ${choices.join(", ")}`,
    read: (text) => choices.find((choice) => choice === text),
  };
}

/** Some of the choices, separated by commas. */
export function choicesParameter<T extends string>(
  choices: readonly T[],
  description: string,
): Parameter<readonly T[]> {
  return {
    description,
    schema: { type: "string", pattern: `^(${choices.join("|")})(,(${choices.join("|")}))*$` },
    expected: `some of ${choices.join(", ")}, separated by commas`,
    read: (text) => {
      const chosen = text.split(",").map((name) => choices.find((choice) => choice === name));
      const known = chosen.filter((name) => name !== undefined);
      return known.length === chosen.length ? [...new Set(known)] : undefined;
    },
  };
}

export function timeParameter(description: string): Parameter<number> {
  return {
    description: `${description} ISO 8601, Unix milliseconds, now, or so long ago: 90s, 30m, 24h, 7d.`,
    schema: { type: "string" },
    expected: timeExpectation,
    read: msFromQuery,
  };
}

/** The period of a query, its end not included. */
export function periodOf(
  { from, to }: { readonly from: number | undefined; readonly to: number | undefined },
  nowMs: number,
  defaultSpanMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  const toMs = to ?? nowMs;
  const fromMs = from ?? Math.max(0, toMs - defaultSpanMs);
  if (fromMs >= toMs) throw new ApiError("invalid_parameter", "from: expected a time before that of to");
  return { fromMs, toMs };
}
