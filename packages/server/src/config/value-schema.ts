/**
 * JSON Schema (draft-07) of what may stand in a YAML file. A value that the reader takes is never
 * refused; of texts only the form is judged, so a duration that is out of range is found by
 * `config check` alone. YAML makes numbers and booleans of texts that look like them: the reader
 * takes these as they are written.
 */
export type ValueSchema = Readonly<Record<string, unknown>>;

const durationForm = "^\\s*(?:\\d+(?:\\.\\d*)?|\\.\\d+) ?(?:ms|s|m|h|d)?\\s*$";

/** Text of a form; numbers and booleans are taken as texts. */
export function textSchema(pattern: string): ValueSchema {
  return { type: ["string", "number", "boolean"], pattern };
}

/** Seconds as a number, or a text with a unit. */
export function durationSchema(leastMs: number, mostMs: number): ValueSchema {
  return {
    anyOf: [
      { type: "number", minimum: leastMs / 1_000, maximum: mostMs / 1_000 },
      { type: "string", pattern: durationForm },
    ],
  };
}

/** The same, or off. YAML makes false of a bare `off`. */
export function offDurationSchema(leastMs: number, mostMs: number): ValueSchema {
  const words = ["off", "never", "false", "no"].map(anyCase).join("|");
  return {
    anyOf: [
      durationSchema(leastMs, mostMs),
      { const: false },
      { type: "string", pattern: `^\\s*(?:${words})\\s*$` },
    ],
  };
}

/** A duration, or all. */
export function allOrDurationSchema(leastMs: number, mostMs: number): ValueSchema {
  const word = { type: "string", pattern: `^\\s*${anyCase("all")}\\s*$` };
  return { anyOf: [durationSchema(leastMs, mostMs), word] };
}

export function daysSchema(most: number): ValueSchema {
  return {
    anyOf: [
      { type: "number", exclusiveMinimum: 0, maximum: most },
      {
        type: "string",
        pattern: `^\\s*(?:${anyCase("forever")}|${anyCase("for ever")}|\\d+(?:\\.\\d+)?)\\s*$`,
      },
    ],
  };
}

export function countSchema(most: number): ValueSchema {
  return {
    anyOf: [
      { type: "integer", minimum: 1, maximum: most },
      { type: "string", pattern: "^\\s*\\d{1,15}\\s*$" },
    ],
  };
}

export function choiceSchema(choices: readonly string[], { ignoreCase = false } = {}): ValueSchema {
  if (!ignoreCase) return { enum: choices };
  return { type: "string", pattern: `^(?:${choices.map(anyCase).join("|")})$` };
}

/** `yes` and `no` in all that they are called. */
export const switchSchema: ValueSchema = {
  anyOf: [
    { type: "boolean" },
    { enum: [0, 1] },
    {
      type: "string",
      pattern: `^\\s*(?:${["true", "yes", "on", "1", "false", "no", "off", "0"].map(anyCase).join("|")})\\s*$`,
    },
  ],
};

/** Octal digits: YAML reads `0660` as 660, and `0o660` as 432. */
export const modeSchema: ValueSchema = {
  anyOf: [
    { type: "integer", minimum: 0, maximum: 777 },
    { type: "string", pattern: "^\\s*(?:0[oO])?0?[0-7]{3}\\s*$" },
  ],
};

/** An address, a port, or off. */
export const addressSchema: ValueSchema = {
  anyOf: [
    { type: "integer", minimum: 0, maximum: 65_535 },
    { const: false },
    {
      type: "string",
      pattern: `^(?:${["off", "none", "false", "no"].map(anyCase).join("|")}|(?:\\[[^\\[\\]]+\\]:|[^:\\[\\]\\s]+:)?\\d{1,5})$`,
    },
  ],
};

/** One or several, as a list or with commas. */
export function listSchema(item: ValueSchema): ValueSchema {
  return { anyOf: [item, { type: "array", minItems: 1, items: item }] };
}

/** JSON Schema has no flag for it. */
export function anyCase(word: string): string {
  return word.replaceAll(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
}
