import { Type } from "@sinclair/typebox";

/*
 * Neither a control character (Unicode category Cc) nor a surrogate without its partner: in Unicode
 * mode a pattern sees a well-formed pair as one code point, so only a lone surrogate matches the
 * last range.
 */
const plain = "^[^\\u0000-\\u001F\\u007F-\\u009F\\uD800-\\uDFFF]*$";
const wellFormed = "^[^\\uD800-\\uDFFF]*$";

export const Channel = Type.String({
  description:
    "Name of the bot: 1 to 128 code points, no control characters, well-formed Unicode, neither `.` nor `..`.",
  minLength: 1,
  maxLength: 128,
  pattern: plain,
  not: { enum: [".", ".."] },
});

/** A name that is no channel; JSON Schema counts lengths in code points. */
export const name = (description: string) =>
  Type.String({
    description: `${description}: 1 to 256 code points, no control characters, well-formed Unicode.`,
    minLength: 1,
    maxLength: 256,
    pattern: plain,
  });

/** On each message about a bot's state; one without it ends the trouble [M-15]. */
export const Trouble = name(
  "Why the bot does not work although it is alive, in its own words; absent: it says of no trouble",
);

export const Features = Type.Object(
  {},
  {
    description:
      "Which features are on: at most 256 names of 1 to 128 code points of well-formed Unicode, each true or false.",
    maxProperties: 256,
    propertyNames: { minLength: 1, maxLength: 128, pattern: wellFormed },
    additionalProperties: Type.Boolean(),
  },
);
